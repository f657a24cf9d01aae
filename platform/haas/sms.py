"""Text messages to consumers, through a gateway that accepts JSON over https."""

from base64 import b64encode
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec

from haas.errors import HaasError, Unavailable
from haas.outbound import CallOptions, Outbound, OutboundError
from haas.settings import SettingsError

_SUCCESS = range(200, 300)
_TRY_LATER = (408, 425, 429)
_CLIENT_ERRORS = range(400, 500)
# The URL of the gateway is a setting of the deployment.
_OPTIONS = CallOptions(allow_any_address=True)


class Sms(msgspec.Struct, frozen=True, kw_only=True):
    """One text message.

    `key` is the same in every attempt, so that the gateway sends the message once; a message that staff send again has
    another one. `reference` names the message in reports of the gateway.
    """

    sender_name: str
    to: str
    text: str
    key: str
    reference: str


class SmsRefused(HaasError):
    """The message can never be delivered. The error contains no telephone number."""


class SmsNotSent(Unavailable):
    """The gateway did not accept the message, but may accept it later. The error contains no telephone number."""


class SmsGateway:
    """Sends `{"from", "to", "text", "reference"}` to `https://[user:password@]host/path` by POST.

    The header Idempotency-Key has the key of the message.
    """

    def __init__(
        self, url: str, outbound: Outbound, *, authorization: str | None = None, options: CallOptions = _OPTIONS
    ) -> None:
        """Take the gateway's URL. A user and password in the URL are sent with HTTP Basic. Raises SettingsError.

        `authorization` is the value of the header with this name. `options` limit the calls.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise SettingsError("HAAS_SMS_URL is not an https URL")
        self._url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if parts.username is not None:
            credentials = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = f"Basic {b64encode(credentials.encode()).decode()}"
        if authorization is not None:
            self._headers["Authorization"] = authorization
        self._outbound, self._options = outbound, options

    async def send(self, sms: Sms) -> None:
        """Send `sms` through the gateway. Raises SmsRefused or SmsNotSent."""
        content = msgspec.json.encode(
            {"from": sms.sender_name, "to": sms.to, "text": sms.text, "reference": sms.reference}
        )
        headers = {**self._headers, "Idempotency-Key": sms.key}
        try:
            response = await self._outbound.request(
                "POST", self._url, headers=headers, content=content, options=self._options
            )
        except OutboundError as error:
            raise SmsNotSent("the gateway did not answer") from error
        if response.status in _SUCCESS:
            return
        if response.status in _CLIENT_ERRORS and response.status not in _TRY_LATER:
            raise SmsRefused(f"the gateway refused the message: {response.status}")
        raise SmsNotSent(f"the gateway did not accept the message: {response.status}")
