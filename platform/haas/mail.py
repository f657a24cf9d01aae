"""Email to consumers, by SMTP."""

import ssl
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

import aiosmtplib
import msgspec

from haas.errors import HaasError, Unavailable
from haas.settings import SettingsError

TIMEOUT_SECONDS = 10.0
_PORTS = {"smtp": 25, "smtps": 465}
_PERMANENT_FAILURE = 500
_ENCODED_WORD = "=?"


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one person. `key` is the same in every attempt to send the message.

    With `html`, the message has two parts that say the same: mail programs show the one that they prefer (RFC 2046
    5.1.4).
    """

    sender_name: str
    sender_address: str
    to: str
    subject: str
    text: str
    html: str | None = None
    key: str


class MailRefused(HaasError):
    """The message can never be delivered: its address or content is wrong. The error contains no address."""


class MailNotSent(Unavailable):
    """The mail server did not accept the message, but may accept it later. The error contains no address."""


class Mailer:
    """Sends mail through one server: `smtp://[user:password@]host[:port]`, or `smtps://` for TLS from the first byte.

    With `smtp://`, STARTTLS is used if the server offers it. The server's certificate is verified in both cases.
    """

    def __init__(self, url: str, *, requires_tls: bool) -> None:
        """Take the URL of the server. Raises SettingsError.

        With `requires_tls`, nothing is sent to a server that does not offer STARTTLS: a message can contain a one-time
        password, and somebody between the two servers could remove the offer.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise SettingsError("HAAS_SMTP_URL is not smtp://host:port or smtps://host:port")
        self._host = parts.hostname
        self._port = parts.port or _PORTS[parts.scheme]
        self._tls = parts.scheme == "smtps"
        self._start_tls = True if requires_tls and not self._tls else None
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        # It is made only once, because loading the root certificates takes longer than sending an email.
        self._context = ssl.create_default_context()

    async def send(self, mail: Mail) -> None:
        """Send `mail` through the server. Raises MailRefused or MailNotSent."""
        message = _message(mail)
        try:
            await aiosmtplib.send(
                message,
                hostname=self._host,
                port=self._port,
                use_tls=self._tls,
                start_tls=self._start_tls,
                local_hostname=mail.sender_address.rpartition("@")[2],
                username=self._user,
                password=self._password,
                tls_context=self._context,
                timeout=TIMEOUT_SECONDS,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _failure([refusal.code for refusal in error.recipients]) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _failure([error.code]) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise MailNotSent(f"the mail server did not answer as required: {type(error).__name__}") from None


def is_header_text(text: str) -> bool:
    """Return whether a mail header can contain `text` and mail programs show the text unchanged.

    The text must be one line of printable characters. It must not contain the beginning of an encoded word (RFC 2047):
    Python's `email` decodes such words when a header is set, and writes the decoded line ends into the message, so that
    a name could add headers to the message.
    """
    return bool(text) and text.isprintable() and _ENCODED_WORD not in text


def _message(mail: Mail) -> EmailMessage:
    if not all(map(is_header_text, (mail.sender_name, mail.sender_address, mail.to, mail.subject, mail.key))):
        raise MailRefused("the message has a header that is not one line of printable text")
    message = EmailMessage(policy=SMTP)
    try:
        message["From"] = Address(mail.sender_name, addr_spec=mail.sender_address)
        message["To"] = Address(addr_spec=mail.to)
        message["Subject"] = mail.subject
    except (ValueError, LookupError, TypeError) as error:
        raise MailRefused(f"the message has a malformed header: {type(error).__name__}") from None
    message["Message-ID"] = f"<{mail.key}@{mail.sender_address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html")
    return message


def _failure(codes: list[int]) -> HaasError:
    if codes and min(codes) >= _PERMANENT_FAILURE:
        return MailRefused(f"the mail server refused the message permanently: {codes}")
    return MailNotSent(f"the mail server did not accept the message: {codes}")
