"""The link of a message, which is answered in place of its code."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from tenants.authentication import service
from tenants.authentication.errors import CodeRefused, IdentifierLocked
from tenants.authentication.limits import CODE_LIFETIME
from tenants.authentication.links import is_link_token, link_token
from tenants.authentication.models import Challenge, CodePurpose
from tests.tenants.authentication.conftest import Authentication


async def begun(authentication: Authentication, identifier: str, purpose: CodePurpose = "dashboard") -> Challenge:
    login = await authentication.directory.login_by_identifier(authentication.tenant, identifier)
    context, now = authentication.context, authentication.clock.now()
    made: Challenge = await authentication.run(
        lambda tx: service.send_code(tx, identifier, login, purpose, context=context, now=now)
    )
    return made


async def opened(authentication: Authentication, challenge: Challenge, token: str | None = None) -> UUID:
    """Answer a challenge with the token of its link, or with another one; return the id of the login."""
    person, context = await authentication.asked(challenge), authentication.context
    right, now = link_token(context.key, challenge.id), authentication.clock.now()
    login_id: UUID = await authentication.run(
        lambda tx: service.verify_link(
            tx, challenge.id, right if token is None else token, person=person, context=context, now=now
        )
    )
    return login_id


def test_a_token_belongs_to_one_challenge_and_one_key() -> None:
    challenge_id, key = uuid4(), b"k" * 32
    token = link_token(key, challenge_id)
    assert len(token) == 22
    assert is_link_token(key, challenge_id, token)
    assert not is_link_token(key, uuid4(), token)
    assert not is_link_token(b"l" * 32, challenge_id, token)
    for broken in ("", token[:-1], f"{token}=", f"{token}\n", "é" * 22):
        assert not is_link_token(key, challenge_id, broken)


async def test_a_link_is_answered_once_within_its_lifetime(authentication: Authentication) -> None:
    login_id, identifier = await authentication.logins.add_login()
    challenge = await begun(authentication, identifier)
    for _ in range(20):  # wrong tokens are not counted
        with pytest.raises(CodeRefused):
            await opened(authentication, challenge, "x" * 22)
    assert await opened(authentication, challenge) == login_id
    with pytest.raises(CodeRefused, match="closed"):
        await opened(authentication, challenge)
    late = await begun(authentication, identifier)
    authentication.clock.move(CODE_LIFETIME)
    with pytest.raises(CodeRefused):
        await opened(authentication, late)


async def test_a_link_opens_nothing_that_its_code_would_not(authentication: Authentication) -> None:
    """There is none for an unknown identifier, or for sharing. Wrong codes close it, and lock the identifier."""
    with pytest.raises(CodeRefused):
        await opened(authentication, await begun(authentication, "nobody@people.test"))
    _, identifier = await authentication.logins.add_login("Lara Link")
    with pytest.raises(CodeRefused):
        await opened(authentication, await begun(authentication, identifier, "authorisation"))
    first, second, third = [await begun(authentication, identifier) for _ in range(3)]
    for challenge in (first, second):
        wrong = "000000" if await authentication.code_to(identifier) != "000000" else "111111"
        for _ in range(5):
            with pytest.raises((CodeRefused, IdentifierLocked)):
                await authentication.answer(challenge, wrong, "dashboard")
        with pytest.raises((CodeRefused, IdentifierLocked)):
            await opened(authentication, challenge)
    with pytest.raises(IdentifierLocked):
        await opened(authentication, third)
    authentication.clock.move(timedelta(hours=1))
