"""Authentication of a person by identifier and one-time password, in the consent flow and at the dashboard.

Its level of assurance is urn:cds.au:cdr:2 (CDS, Levels of Assurance). Responses, limits and response times are
the same for identifiers with and without a login (CDS, One Time Password Credential Requirements).
"""

import hmac
import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from haas.database import Transaction
from tenants.authentication import codes, store
from tenants.authentication.code_message import code_message
from tenants.authentication.errors import CodeRefused, IdentifierLocked
from tenants.authentication.limits import (
    CODE_LIFETIME,
    LIMIT_WINDOW,
    TENANT_CODES_PER_WINDOW,
    UNANSWERED_CODES_PER_WINDOW,
    WRONG_ANSWERS_PER_WINDOW,
)
from tenants.authentication.models import AuthenticationContext, Challenge, ChallengeSummary, CodePurpose
from tenants.notices import outbox
from tenants.notices import store as notices
from tenants.notices.models import EmailPayload, SmsPayload
from tenants.notices.outbox import NoticeKind
from tenants.parties.models import NOBODY, Login, Person, canonical_identifier

logger = logging.getLogger(__name__)

_PLACEHOLDER_LOGIN = Login(id=NOBODY, email="nobody@invalid", mobile=None)


async def send_code(
    tx: Transaction,
    identifier: str,
    login: Login | None,
    purpose: CodePurpose,
    *,
    context: AuthenticationContext,
    now: datetime,
) -> Challenge:
    """Send a one-time password to the login with this identifier, if there is one. Raise IdentifierLocked.

    `login` is the directory's answer for the identifier. A challenge is created even if there is no such login.
    """
    canonical = canonical_identifier(identifier)
    hashed = codes.identifier_hash(context.key, canonical)
    return await _create_challenge(
        tx, login, hashed, purpose, context=context, preset_code=context.preset_codes.get(canonical), now=now
    )


async def resend_code(
    tx: Transaction, challenge: Challenge, person: Person, *, context: AuthenticationContext, now: datetime
) -> Challenge:
    """Send a new one-time password in place of an earlier one. Raise IdentifierLocked.

    `person` is the directory's answer for the login of the challenge, or for `NOBODY` if it has none. Raise CodeRefused
    if the directory was asked for another login, because another request has changed the challenge since then.
    """
    login = _login_of(challenge, person)
    preset = {codes.identifier_hash(context.key, identifier): code for identifier, code in context.preset_codes.items()}
    hashed = challenge.identifier_hash
    return await _create_challenge(
        tx, login, hashed, challenge.purpose, context=context, preset_code=preset.get(hashed), now=now
    )


async def load_challenge(tx: Transaction, challenge_id: UUID, purpose: CodePurpose) -> Challenge | None:
    """Return the challenge with this id and purpose, or None."""
    return await store.challenge_by_id(tx, challenge_id, purpose)


def is_challenge_for(challenge: Challenge, identifier: str, context: AuthenticationContext) -> bool:
    """Return whether a challenge was made for this identifier."""
    hashed = codes.identifier_hash(context.key, canonical_identifier(identifier))
    return hmac.compare_digest(challenge.identifier_hash, hashed)


async def verify_code(
    tx: Transaction,
    challenge_id: UUID,
    code: str,
    purpose: CodePurpose,
    *,
    person: Person,
    context: AuthenticationContext,
    now: datetime,
) -> UUID:
    """Return the login of a challenge if `code` is right. The challenge cannot be answered again.

    `person` is as for `resend_code`. Raise CodeRefused or IdentifierLocked. A wrong answer is committed although the
    error ends the transaction.
    """
    challenge = await store.challenge_by_id(tx, challenge_id, purpose, lock=True)
    if challenge is None or challenge.answered_at is not None:
        raise CodeRefused("closed")
    await _require_not_locked(tx, challenge.identifier_hash, now)
    digits = codes.parse_code(code)
    if challenge.tries_left == 0:
        raise CodeRefused("closed")
    if now >= challenge.expires_at:
        raise CodeRefused("expired")
    if digits is None:
        raise CodeRefused("malformed", challenge.tries_left)
    right = hmac.compare_digest(codes.code_hash(context.key, challenge.id, purpose, digits), challenge.code_hash)
    login = _login_of(challenge, person)
    if right and login is not None:
        await store.mark_answered(tx, challenge.id, now)
        return login.id
    await store.count_failure(tx, challenge.id)
    tx.commit_on_refusal()
    await _require_not_locked(tx, challenge.identifier_hash, now)
    raise CodeRefused("wrong", challenge.tries_left - 1)


def _login_of(challenge: Challenge, person: Person) -> Login | None:
    if (challenge.login_id or NOBODY) != person.login_id:
        raise CodeRefused("closed")
    return person.login


async def _create_challenge(
    tx: Transaction,
    login: Login | None,
    identifier_hash: bytes,
    purpose: CodePurpose,
    *,
    context: AuthenticationContext,
    preset_code: str | None,
    now: datetime,
) -> Challenge:
    past = await _require_not_locked(tx, identifier_hash, now)
    if preset_code is None:
        _require_below_unanswered_limit(past)
        await _require_below_tenant_limit(tx, now)
    challenge_id, code = uuid4(), preset_code or codes.new_code()
    message = code_message(login or _PLACEHOLDER_LOGIN, context.brand_name, purpose, code)
    challenge = Challenge(
        id=challenge_id,
        login_id=login.id if login is not None and message is not None else None,
        identifier_hash=identifier_hash,
        purpose=purpose,
        code_hash=codes.code_hash(context.key, challenge_id, purpose, code),
        created_at=now,
        expires_at=now + CODE_LIFETIME,
    )
    await store.insert_challenge(tx, challenge)
    await _queue_message(
        tx, challenge, message or code_message(_PLACEHOLDER_LOGIN, context.brand_name, purpose, code), now
    )
    return challenge


async def _queue_message(
    tx: Transaction, challenge: Challenge, message: EmailPayload | SmsPayload | None, now: datetime
) -> None:
    """Add the message to the outbox, and delete it again if the challenge has no login.

    Both cases execute the same statements, so that the response time does not reveal whether there is a login.
    """
    kind: NoticeKind = "sms" if isinstance(message, SmsPayload) else "email"
    payload = msgspec.to_builtins(message)
    notice = await outbox.put(tx, kind, payload, now=now, expires_at=challenge.expires_at)
    await notices.delete_notice_if(tx, notice, condition=challenge.login_id is None)


async def _require_not_locked(tx: Transaction, identifier_hash: bytes, now: datetime) -> Sequence[ChallengeSummary]:
    """Return the identifier's challenges of the last hour that were created after its last right answer.

    Raise IdentifierLocked if they have ten or more wrong answers.
    """
    await store.lock_identifier(tx, identifier_hash)
    past = _after_last_right_answer(await store.challenge_summaries(tx, identifier_hash, now, LIMIT_WINDOW))
    failures = sum(challenge.failures for challenge in past)
    for challenge in past:
        if failures < WRONG_ANSWERS_PER_WINDOW:
            break
        failures -= challenge.failures
        if failures < WRONG_ANSWERS_PER_WINDOW:
            raise IdentifierLocked(challenge.created_at + LIMIT_WINDOW)
    return past


def _require_below_unanswered_limit(past: Sequence[ChallengeSummary]) -> None:
    """Raise IdentifierLocked if too many codes were sent without a right answer."""
    if len(past) >= UNANSWERED_CODES_PER_WINDOW:
        raise IdentifierLocked(past[-UNANSWERED_CODES_PER_WINDOW].created_at + LIMIT_WINDOW)


async def _require_below_tenant_limit(tx: Transaction, now: datetime) -> None:
    """Raise IdentifierLocked and log an error if the tenant has reached its limit of codes."""
    nth_latest_at = await store.nth_latest_challenge_time(tx, TENANT_CODES_PER_WINDOW, now, LIMIT_WINDOW)
    if nth_latest_at is not None:
        logger.error("authentication.too_many_codes", extra={"limit": TENANT_CODES_PER_WINDOW})
        raise IdentifierLocked(nth_latest_at + LIMIT_WINDOW)


def _after_last_right_answer(past: Sequence[ChallengeSummary]) -> Sequence[ChallengeSummary]:
    last_right_answer = max((index for index, challenge in enumerate(past) if challenge.answered), default=-1)
    return past[last_right_answer + 1 :]
