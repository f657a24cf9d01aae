"""Authentication of a person by identifier and one-time password, in the consent flow and at the dashboard.

Its level of assurance is urn:cds.au:cdr:2 (CDS, Levels of Assurance). Responses, limits and response times are
the same for identifiers with and without a login (CDS, One Time Password Credential Requirements).
"""

import hmac
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from haas.database import Transaction
from tenants.authentication import budgets, codes, known_browsers, links, store
from tenants.authentication.code_message import CodeMessage
from tenants.authentication.errors import CodeRefused, TooManyIdentifiers
from tenants.authentication.limits import CODE_LIFETIME, IDENTIFIERS_OF_A_FLOW
from tenants.authentication.models import (
    AuthenticationContext,
    Challenge,
    CodePurpose,
    CodeStatus,
    SharingFlow,
)
from tenants.notices import outbox
from tenants.notices import store as notices
from tenants.notices.models import EmailPayload, SmsPayload
from tenants.notices.outbox import NoticeKind
from tenants.parties.models import NOBODY, Login, Person, canonical_identifier

_PLACEHOLDER_LOGIN = Login(id=NOBODY, email="nobody@invalid", mobile=None)


async def send_code(
    tx: Transaction,
    identifier: str,
    login: Login | None,
    purpose: CodePurpose,
    *,
    context: AuthenticationContext,
    flow: SharingFlow | None = None,
    now: datetime,
) -> Challenge:
    """Send a one-time password to the login with this identifier, if there is one.

    `login` is the directory's answer for the identifier. A challenge is created even if there is no such login. `flow`
    is the consent flow that the code is for. Raise IdentifierLocked, or TooManyIdentifiers for a flow.
    """
    canonical = canonical_identifier(identifier)
    hashed = codes.identifier_hash(context.key, canonical)
    preset = context.preset_codes.get(canonical)
    return await _create_challenge(tx, login, hashed, purpose, context=context, flow=flow, preset_code=preset, now=now)


async def resend_code(
    tx: Transaction,
    challenge: Challenge,
    person: Person,
    *,
    context: AuthenticationContext,
    flow: SharingFlow | None = None,
    now: datetime,
) -> Challenge:
    """Send a new one-time password in place of an earlier one. Raise IdentifierLocked.

    `person` is the directory's answer for the login of the challenge, or for `NOBODY` if it has none. Raise CodeRefused
    if the directory was asked for another login, because another request has changed the challenge since then.
    """
    login = _login_of(challenge, person)
    preset = {codes.identifier_hash(context.key, identifier): code for identifier, code in context.preset_codes.items()}
    hashed = challenge.identifier_hash
    return await _create_challenge(
        tx, login, hashed, challenge.purpose, context=context, flow=flow, preset_code=preset.get(hashed), now=now
    )


async def load_challenge(
    tx: Transaction, challenge_id: UUID, purpose: CodePurpose, now: datetime, *, lock: bool = False
) -> Challenge | None:
    """Return the challenge with this id and purpose, with as many tries as it has now, or None.

    `lock` locks its row until the transaction ends.
    """
    challenge = await store.challenge_by_id(tx, challenge_id, purpose, lock=lock)
    if challenge is None or challenge.is_known_browser:
        return challenge
    limits = await budgets.limits_of_strangers(tx, now)
    return msgspec.structs.replace(challenge, tries=limits.tries_per_code)


async def code_status(
    tx: Transaction, challenge: Challenge, *, context: AuthenticationContext, now: datetime, new_code: bool = False
) -> CodeStatus:
    """Return what the person can do with the code of a challenge. It is the same whether or not there is a login.

    With `new_code`, also look whether a new code can be sent while this one is still open. Nothing is changed.
    """
    is_open = challenge.can_be_answered(now)
    until = await budgets.locked_until(tx, _asking(challenge), now, new_code=False)
    if until is None and (new_code or not is_open):
        until = await budgets.locked_until(tx, _asking_again(challenge, context, now), now, new_code=True)
        if is_open:
            return CodeStatus("open", until)
    if until is not None:
        return CodeStatus("locked", until)
    if is_open:
        return CodeStatus("open")
    return CodeStatus("spent" if challenge.tries_left == 0 else "expired")


async def has_replaced_another(tx: Transaction, challenge: Challenge) -> bool:
    """Return whether a code was sent earlier in the consent flow of this challenge, which cannot be used any more."""
    if challenge.attempt_id is None:
        return False
    return await store.challenges_of_attempt(tx, challenge.attempt_id) > 1


def mark_of(challenge: Challenge, context: AuthenticationContext, now: datetime) -> str:
    """Return the cookie by which the browser is known from now on for the identifier of an answered challenge."""
    return known_browsers.with_mark(context.key, challenge.identifier_hash, context.known_browser, now)


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
    challenge = await load_challenge(tx, challenge_id, purpose, now, lock=True)
    if challenge is None or challenge.answered_at is not None:
        raise CodeRefused("closed")
    await budgets.require_answers_left(tx, _asking(challenge), now)
    digits = codes.parse_code(code)
    if challenge.tries_left == 0:
        raise CodeRefused("closed")
    if now >= challenge.expires_at:
        raise CodeRefused("expired")
    if digits is None:
        raise CodeRefused("malformed", challenge.tries_left)
    login = _login_of(challenge, person)
    if _is_right(challenge, digits, context) and login is not None:
        await _mark_answered(tx, challenge, now)
        return login.id
    await store.count_failure(tx, challenge.id)
    tx.commit_on_refusal()
    await budgets.require_answers_left(tx, _asking(challenge), now)
    raise CodeRefused("wrong", challenge.tries_left - 1)


async def login_if_right(
    tx: Transaction,
    challenge_id: UUID,
    code: str,
    purpose: CodePurpose,
    *,
    person: Person,
    context: AuthenticationContext,
    now: datetime,
) -> UUID | None:
    """Return the login of a challenge if `code` is right and can still be given, otherwise None. Nothing is changed.

    The person is not authenticated by this: the caller must call `verify_code` afterwards in every case, which counts
    wrong answers. `person` is as for `resend_code`.
    """
    challenge = await load_challenge(tx, challenge_id, purpose, now)
    digits = codes.parse_code(code)
    if challenge is None or digits is None or not challenge.can_be_answered(now):
        return None
    if (challenge.login_id or NOBODY) != person.login_id or person.login is None:
        return None
    return person.login.id if _is_right(challenge, digits, context) else None


async def verify_link(
    tx: Transaction,
    challenge_id: UUID,
    token: str,
    *,
    person: Person,
    context: AuthenticationContext,
    now: datetime,
) -> UUID:
    """Return the login of a challenge of the dashboard whose link has this token. It cannot be answered again.

    `person` is as for `resend_code`. Raise CodeRefused or IdentifierLocked. A wrong token is not counted: nobody can
    guess it, and mail programs break links.
    """
    challenge = await load_challenge(tx, challenge_id, "dashboard", now, lock=True)
    if challenge is None or not is_link_of(challenge, token, context=context, now=now):
        raise CodeRefused("closed")
    await budgets.require_answers_left(tx, _asking(challenge), now)
    login = _login_of(challenge, person)
    if login is None:
        raise CodeRefused("closed")
    await _mark_answered(tx, challenge, now)
    return login.id


async def _mark_answered(tx: Transaction, challenge: Challenge, now: datetime) -> None:
    """Mark a challenge as answered. Its message has arrived: a second one would look like a new code."""
    await store.mark_answered(tx, challenge.id, now)
    await outbox.mark_received(tx, _message_key(challenge), now)


def _message_key(challenge: Challenge) -> str:
    return f"code {challenge.id}"


def is_link_of(challenge: Challenge, token: str, *, context: AuthenticationContext, now: datetime) -> bool:
    """Return whether the link with this token can be used in place of the code of a challenge."""
    return challenge.can_be_answered(now) and links.is_link_token(context.key, challenge.id, token)


def _is_right(challenge: Challenge, digits: str, context: AuthenticationContext) -> bool:
    hashed = codes.code_hash(context.key, challenge.id, challenge.purpose, digits)
    return hmac.compare_digest(hashed, challenge.code_hash)


def _asking(challenge: Challenge) -> budgets.Asking:
    return budgets.Asking(challenge.identifier_hash, challenge.network_hash, challenge.is_known_browser)


def _asking_again(challenge: Challenge, context: AuthenticationContext, now: datetime) -> budgets.Asking:
    """Return who asks for a new code in place of the one of `challenge`."""
    is_known = known_browsers.is_known(context.key, challenge.identifier_hash, context.known_browser, now)
    return budgets.Asking(challenge.identifier_hash, context.network_hash, is_known)


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
    flow: SharingFlow | None,
    preset_code: str | None,
    now: datetime,
) -> Challenge:
    is_known = known_browsers.is_known(context.key, identifier_hash, context.known_browser, now)
    asking = budgets.Asking(identifier_hash, context.network_hash, is_known)
    past = await budgets.require_answers_left(tx, asking, now)
    if preset_code is None:
        await budgets.require_codes_left(tx, asking, past, now)
    if flow is not None:
        others = await store.other_identifiers_of_attempt(tx, flow.attempt_id, identifier_hash)
        if others >= IDENTIFIERS_OF_A_FLOW:
            raise TooManyIdentifiers(f"the flow {flow.attempt_id} has had {others} identifiers")
    challenge_id, code = uuid4(), preset_code or codes.new_code()
    contents = CodeMessage(
        brand=context.brand_name,
        host=context.host,
        code=code,
        recipient=None if flow is None else flow.recipient,
        link=context.sign_in_link + links.link_token(context.key, challenge_id) if context.sign_in_link else None,
    )
    message = contents.to(login or _PLACEHOLDER_LOGIN)
    challenge = Challenge(
        id=challenge_id,
        login_id=login.id if login is not None and message is not None else None,
        identifier_hash=identifier_hash,
        purpose=purpose,
        code_hash=codes.code_hash(context.key, challenge_id, purpose, code),
        created_at=now,
        expires_at=now + CODE_LIFETIME,
        network_hash=context.network_hash,
        is_known_browser=is_known,
        attempt_id=None if flow is None else flow.attempt_id,
    )
    await store.insert_challenge(tx, challenge)
    await _queue_message(tx, challenge, message or contents.to(_PLACEHOLDER_LOGIN), now)
    return challenge


async def _queue_message(
    tx: Transaction, challenge: Challenge, message: EmailPayload | SmsPayload | None, now: datetime
) -> None:
    """Add the message to the outbox, and delete it again if the challenge has no login.

    Both cases execute the same statements, so that the response time does not reveal whether there is a login.
    """
    kind: NoticeKind = "sms" if isinstance(message, SmsPayload) else "email"
    payload = msgspec.to_builtins(message)
    notice = await outbox.put(tx, kind, payload, now=now, expires_at=challenge.expires_at, key=_message_key(challenge))
    await notices.delete_notice_if(tx, notice, condition=challenge.login_id is None)
