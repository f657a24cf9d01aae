"""The message that contains a one-time password."""

from uuid import UUID

import pytest

from ops.sandbox.mailbox.codes import one_time_code
from tenants.authentication.code_message import CodeMessage
from tenants.notices.models import EmailPayload, SmsPayload
from tenants.parties.models import Login, PreferredChannel

MIA = Login(id=UUID(int=1), email="mia@people.test", mobile="+61491570006")
BY_TEXT = Login(id=MIA.id, email=None, mobile=MIA.mobile)
TO_SHARE = CodeMessage(brand="Aurora Energy", host="aurora.test", code="123456", recipient="Brightside Budget")
TO_SIGN_IN = TO_SHARE._replace(recipient=None)


@pytest.mark.parametrize("login", [MIA, BY_TEXT], ids=["email", "text message"])
def test_a_message_has_the_code_and_what_the_standards_require(login: Login) -> None:
    for contents in (TO_SHARE, TO_SIGN_IN):
        message = contents.to(login)
        assert message is not None
        assert message.text.startswith("123456 is your ")
        assert message.text.rstrip().endswith("\n\n@aurora.test #123456")
        assert message.text.count("123456") == 2
        assert "10 minutes" in message.text
        assert "Nobody needs your password" in message.text
        assert "Aurora Energy" in message.text
        assert isinstance(message, EmailPayload if login.email else SmsPayload)


@pytest.mark.parametrize("login", [MIA, BY_TEXT], ids=["email", "text message"])
def test_a_message_names_the_recipient_only_if_the_code_is_for_sharing(login: Login) -> None:
    sharing, signing_in = TO_SHARE.to(login), TO_SIGN_IN.to(login)
    assert sharing is not None
    assert signing_in is not None
    assert "share your data with Brightside Budget" in sharing.text
    assert "Brightside" not in signing_in.text
    assert "sign in to" in signing_in.text


def test_only_an_email_has_the_link_and_its_digits_are_not_taken_for_the_code() -> None:
    link = "https://aurora.test:8443/dashboard/link?t=-482913-aBcDeFgHiJkLmN"
    email, text_message = (TO_SIGN_IN._replace(link=link).to(login) for login in (MIA, BY_TEXT))
    assert email is not None
    assert text_message is not None
    assert f"\n{link}\n\n" in email.text
    assert one_time_code("", email.text) == "123456"
    assert email.text.rstrip().endswith("\n\n@aurora.test #123456")
    assert "https" not in text_message.text


def test_a_text_message_shortens_a_long_name() -> None:
    message = TO_SHARE._replace(recipient="B" * 500).to(BY_TEXT)
    assert message is not None
    assert f"{'B' * 57}...." in message.text
    assert len(message.text) < 320


@pytest.mark.parametrize("preferred", [None, "email", "sms", "post"])
@pytest.mark.parametrize("contacts", ["both", "email", "mobile"])
def test_the_code_goes_to_the_contact_that_the_person_prefers_and_never_by_post(
    preferred: PreferredChannel | None, contacts: str
) -> None:
    email = None if contacts == "mobile" else MIA.email
    mobile = None if contacts == "email" else MIA.mobile
    message = TO_SHARE.to(Login(id=MIA.id, email=email, mobile=mobile, channel=preferred))
    is_text = contacts == "mobile" or (contacts == "both" and preferred == "sms")
    assert message is not None
    assert (type(message), message.to) == ((SmsPayload, mobile) if is_text else (EmailPayload, email))


def test_a_person_without_contacts_gets_no_message() -> None:
    assert TO_SHARE.to(Login(id=MIA.id, email=None, mobile=None)) is None
