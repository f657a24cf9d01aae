"""The message that contains a one-time password."""

from uuid import UUID

from tenants.authentication.code_message import code_message
from tenants.notices.models import EmailPayload, SmsPayload
from tenants.parties.models import Login

LOGIN = Login(id=UUID(int=1), email="mia@people.test", mobile="+61491570006")


def test_a_message_has_the_code_once_and_what_the_standards_require() -> None:
    for login in (LOGIN, Login(id=LOGIN.id, email=None, mobile=LOGIN.mobile)):
        message = code_message(login, "Aurora Energy", "authorisation", "123456")
        assert message is not None
        assert message.text.count("123456") == 1
        assert "10 minutes" in message.text
        assert "Nobody needs your password" in message.text
        assert "Aurora Energy" in message.text
        assert isinstance(message, EmailPayload if login.email else SmsPayload)
    assert code_message(Login(id=LOGIN.id, email=None, mobile=None), "A", "dashboard", "123456") is None
