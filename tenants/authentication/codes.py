"""One-time passwords: generating, reading and hashing them. `tenants.authentication.service` compares the answers."""

import hmac
import json
import secrets
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from tenants.authentication.limits import CODE_DIGITS
from tenants.authentication.models import CodePurpose
from tenants.parties.models import FULL_STOPS, LONGEST_IDENTIFIER, canonical_identifier, plain_text


def authentication_key(subject_key: bytes) -> bytes:
    """Return the key for the hashes of a tenant's one-time passwords, derived from a key that is never rotated."""
    return hmac.digest(subject_key, b"haas one-time passwords 1", sha256)


def new_code() -> str:
    """Return six random digits."""
    return f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"


def parse_code(answer: str) -> str | None:
    """Return the six digits of an entered code, or None if it is malformed.

    White space, dashes between the digits, a full stop at the end and invisible characters are ignored: they are often
    copied together with the code.
    """
    if len(answer) > LONGEST_IDENTIFIER:
        return None
    digits = "".join(plain_text(answer).replace("-", "").split()).rstrip(FULL_STOPS)
    return digits if len(digits) == CODE_DIGITS and digits.isascii() and digits.isdigit() else None


def code_hash(key: bytes, challenge_id: UUID, purpose: CodePurpose, code: str) -> bytes:
    """Return the hash that is stored for a code. It depends on the challenge and the tenant's key."""
    return hmac.digest(key, b"code\0" + challenge_id.bytes + purpose.encode() + b"\0" + code.encode(), sha256)


def identifier_hash(key: bytes, canonical: str) -> bytes:
    """Return the hash of an identifier, by which challenges are counted without storing unknown identifiers."""
    return hmac.digest(key, b"identifier\0" + canonical.encode(), sha256)


def preset_codes(path: Path | None, slug: str) -> dict[str, str]:
    """Return the preset codes of a tenant, by canonical identifier, from a JSON file that the sandbox writes.

    The file's content is `{slug: {identifier: code}}`. Return an empty dictionary if there is no file.
    """
    if path is None or not path.exists():
        return {}
    codes = json.loads(path.read_text(encoding="utf-8"))
    return {canonical_identifier(identifier): code for identifier, code in codes.get(slug, {}).items()}
