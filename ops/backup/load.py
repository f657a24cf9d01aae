"""Loads a file of a backup into a database, in one transaction that also has the statements before and after it.

pg_restore turns the file into SQL, and psql runs it. The last statement of the transaction is sent only when the whole
file was decrypted and read. So if a program, this process or the connection ends before that, nothing has changed.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

import msgspec
from pyrage.x25519 import Identity

from ops.backup.errors import BackupError, OutcomeUnknown
from ops.backup.files import decrypt
from ops.backup.programs import Programs, connection_variables, message

_PIECE: Final = 1 << 16
_CONNECTION_LOST: Final = 2
"""The exit status of psql."""
_RESTORE: Final = (
    *("--format=custom", "--file=-", "--no-owner", "--no-privileges", "--no-comments", "--no-tablespaces"),
    *("--no-publications", "--no-subscriptions", "--no-security-labels"),
)
# An error's details and context can contain values of rows.
_PSQL: Final = (
    *("--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=terse"),
    *("--set=SHOW_CONTEXT=never", "--file=-"),
)


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What is loaded, and how the transaction begins and ends."""

    file: Path
    schema: str
    before: Sequence[str] = ()
    """The statements after BEGIN. They create the empty schema."""
    rows: Mapping[str, int]
    """The number of rows that each table must have. Otherwise the transaction fails."""
    after: Sequence[str] = ()
    """The statements before the last one."""
    last: str = "COMMIT"


async def load(programs: Programs, url: str, identities: Sequence[Identity], work: Load) -> None:
    """Load a schema completely or not at all. Raise BackupError with the reason, OutcomeUnknown."""
    with tempfile.TemporaryFile() as said_by_restore, tempfile.TemporaryFile() as said_by_psql:
        restore = subprocess.Popen(
            [str(programs.paths["pg_restore"]), f"--schema={work.schema}", *_RESTORE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said_by_restore,
            env={"PATH": os.environ.get("PATH", "")},
        )
        psql = subprocess.Popen(
            [str(programs.paths["psql"]), *_PSQL],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said_by_psql,
            env=connection_variables(url),
        )
        try:
            await asyncio.to_thread(_run, restore, psql, identities, work)
        except BrokenPipeError:  # psql ends, and says why
            await asyncio.to_thread(psql.wait)
        finally:
            for process in (restore, psql):
                process.kill()
                process.wait()
        said_by_psql.seek(0)
        said_by_restore.seek(0)
        if psql.returncode or restore.returncode:
            reason = message(said_by_psql.read()) or message(said_by_restore.read())
            if psql.returncode == _CONNECTION_LOST and not restore.returncode:
                raise OutcomeUnknown(f"it is not known whether {work.file.name} was loaded: {reason}")
            raise BackupError(f"{work.file.name} was not loaded, and nothing was changed: {reason}")


def _run(
    restore: subprocess.Popen[bytes], psql: subprocess.Popen[bytes], identities: Sequence[Identity], work: Load
) -> None:
    """Send everything to psql, and wait for its end. Raise BackupError, or BrokenPipeError if psql has ended."""
    encrypted, sql, script = restore.stdin, restore.stdout, psql.stdin
    if encrypted is None or sql is None or script is None:
        raise AssertionError("the programs were started with pipes")
    failures: list[Exception] = []
    decrypting = threading.Thread(target=_decrypt, args=(work.file, encrypted, identities, failures), daemon=True)
    with sql, script:
        decrypting.start()
        script.write(as_script("BEGIN", *work.before))
        shutil.copyfileobj(sql, script, _PIECE)
        decrypting.join()
        if restore.wait() or failures:
            if failures and isinstance(failures[0], BackupError):
                raise failures[0]
            raise BackupError(f"{work.file.name} is not complete, and nothing was changed")
        script.write(as_script(_require_rows(work.schema, work.rows), *work.after, work.last))
        script.close()
        psql.wait()


def _decrypt(file: Path, target: IO[bytes], identities: Sequence[Identity], failures: list[Exception]) -> None:
    try:
        with target:
            decrypt(file, target, identities)
    except (BackupError, OSError) as error:
        failures.append(error)


def as_script(*statements: str) -> bytes:
    """Return statements as psql reads them."""
    return "".join(f"{statement};\n" for statement in statements).encode()


def literal(text: str) -> str:
    """Return a text as a literal of SQL."""
    if "\0" in text:
        raise BackupError("a text with the character NUL cannot be stored")
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def _require_rows(schema: str, rows: Mapping[str, int]) -> str:
    """Return a statement that fails unless each table has its number of rows, and there is no other table."""
    checks = "".join(
        f"  IF (SELECT count(*) FROM {schema}.{table}) <> {number} THEN"
        f" RAISE EXCEPTION 'the table {schema}.{table} does not have {number} rows'; END IF;\n"
        for table, number in rows.items()
    )
    return (
        "DO $check$ BEGIN\n"
        f"  IF (SELECT count(*) FROM pg_catalog.pg_class WHERE relkind = 'r'"
        f" AND relnamespace = '{schema}'::regnamespace) <> {len(rows)} THEN"
        f" RAISE EXCEPTION 'the schema {schema} does not have {len(rows)} tables'; END IF;\n"
        f"{checks}END $check$"
    )
