"""One-time passwords: generating, hashing, and writing the message that contains one."""

import hmac
import json
import secrets
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID

from tenants.authentication.models import CODE_DIGITS, CODE_LIFETIME, CodePurpose
from tenants.notices.models import EmailPayload, SmsPayload
from tenants.parties.models import FULL_STOPS, LONGEST_IDENTIFIER, Login, canonical_identifier, plain_text

_MINUTES = CODE_LIFETIME // timedelta(minutes=1)


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


def pinned_codes(path: Path | None, slug: str) -> dict[str, str]:
    """Return the preset (pinned) codes of a tenant, by canonical identifier, from a JSON file that the sandbox writes.

    The file's content is `{slug: {identifier: code}}`. Return an empty dictionary if there is no file.
    """
    if path is None or not path.exists():
        return {}
    codes = json.loads(path.read_text(encoding="utf-8"))
    return {canonical_identifier(identifier): code for identifier, code in codes.get(slug, {}).items()}


def code_message(login: Login, brand_name: str, purpose: CodePurpose, code: str) -> EmailPayload | SmsPayload | None:
    """Return the message with the code for a person, or None if the person has no email address and no mobile number.

    The text says that nobody needs the person's password (CDS, Common Authentication Standards, Passwords).
    """
    use = "share your data" if purpose == "authorisation" else "sign in to data sharing"
    if login.email:
        text = (
            f"{code} is your one-time code from {brand_name}.\n\n"
            f"Enter it on the page where you asked for it, to {use}. It expires in {_MINUTES} minutes and can be used "
            "for nothing else.\n\n"
            "Do not give it to anyone. Nobody needs your password to receive your data.\n\n"
            "If you did not ask for this code, you can ignore this message: nothing is shared without it.\n"
        )
        return EmailPayload(to=login.email, subject=f"Your one-time code from {brand_name}", text=text)
    if login.mobile:
        text = (
            f"{code} is your {brand_name} one-time code to {use}. It expires in {_MINUTES} minutes. Do not give it to "
            "anyone. Nobody needs your password to receive your data."
        )
        return SmsPayload(to=login.mobile, text=text)
    return None
