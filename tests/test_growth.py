"""Regular expressions and parsers of untrusted input take linear time, so a long input cannot block the process.

Every tenant's requests share one event loop. A pattern that backtracks quadratically lets a few long inputs stop it.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import pytest

from apps.http.error_shapes.oauth import printable
from apps.http.form_encoding import decode_fields
from apps.http.request_headers import bearer_token
from apps.identity.parameters import query_parameters
from apps.resources.headers import check_accept, check_auth_date, check_client_headers, check_customer_ip_address
from apps.resources.request_body import named_ids
from haas.errors import HaasError
from haas.http import client_certificate, interaction_id
from haas.jose import PublicKeys, read_unverified
from haas.logs import redacted
from tenants.authentication.codes import parse_code
from tenants.cds.errors import CdsError
from tenants.imports.partial_json import EVERY_ELEMENT, InvalidJson, elements
from tenants.oauth.scopes import split
from tenants.parties.models import canonical_identifier
from tenants.registration.software_statement import is_https
from tenants.usage.nem12 import read_nem12
from tests.support.growth import TooSlow, assert_linear, slowest
from tests.support.patterns import Attack, Found, attacks, patterns
from themes.logo import sanitized
from themes.logo_export import cleaned

FIRST_SIZE: Final = 1024
TRIED: Final = 3
READ_NO_INPUT: Final = {"themes/lint.py": "reads the templates of this repository, in the style check"}
PATTERNS: Final = list(patterns())


def _run(found: Found) -> Callable[[str], object]:
    """Return a function that uses a pattern with the same methods as the product."""
    pattern: Any = found.pattern
    encode = (lambda text: text.encode("latin-1")) if isinstance(pattern.pattern, bytes) else (lambda text: text)
    uses: dict[str, Callable[[Any], object]] = {
        "match": pattern.match,
        "fullmatch": pattern.fullmatch,
        "search": pattern.search,
        "split": pattern.split,
        "findall": pattern.findall,
        "finditer": pattern.findall,
        "sub": lambda text: pattern.sub(text[:0], text),
    }
    used = [uses[name] for name in sorted(found.used)]
    return lambda text: [use(encode(text)) for use in used]


def _assert_linear(found: Found) -> None:
    run = _run(found)
    hardest = slowest(
        attacks(found.pattern), lambda attack: run(attack.of_length(FIRST_SIZE)), found.where, number=TRIED
    )
    for attack in hardest:
        assert_linear(_work(run, attack), f"{found.where} with {attack}")


def _work(run: Callable[[str], object], attack: Attack) -> Callable[[int], Callable[[], object]]:
    def of(size: int) -> Callable[[], object]:
        text = attack.of_length(size)
        return lambda: run(text)

    return of


def test_the_pattern_of_every_regular_expression_is_found() -> None:
    assert len(PATTERNS) > 60
    unknown = [found.where for found in PATTERNS if found.pattern is None]
    assert [where for where in unknown if where.partition(":")[0] not in READ_NO_INPUT] == []


@pytest.mark.parametrize(
    "found",
    [found for found in PATTERNS if found.where.partition(":")[0] not in READ_NO_INPUT],
    ids=lambda one: one.where,
)
def test_every_regular_expression_takes_linear_time(found: Found) -> None:
    _assert_linear(found)


@pytest.mark.parametrize(
    ("pattern", "method"),
    [
        (r"\+[0-9.()-]*[0-9][0-9.()-]*\Z", "match"),
        (r"\beyJ[\w-]{5,}\.", "search"),
        (r"\[parameters: .*?\](?=\n|\Z)", "sub"),
        (r"(?m)^\s*(\d{4,6})\s*$", "search"),
        (r"(?:a+)+b", "match"),
        (r"(?:a|aa)*b", "fullmatch"),
    ],
)
def test_regular_expressions_that_take_longer_are_found(pattern: str, method: str) -> None:
    with pytest.raises(TooSlow):
        _assert_linear(Found("here", re.compile(pattern), frozenset({method})))


def _ignoring_refusals(run: Callable[[str], object]) -> Callable[[str], object]:
    """Return `run` with its refusals suppressed, because the time of a refusal is checked too."""

    def quiet(text: str) -> None:
        with suppress(HaasError, CdsError, InvalidJson):
            run(text)

    return quiet


_NEM12_DATASTREAM: Final = b"200,NMI0000001,E1,1,E1,N1,MTR001,KWH,5,"
PARSERS: Final[dict[str, Callable[[str], object]]] = {
    "a JWT": read_unverified,
    "the header of a JWT": lambda text: read_unverified(f"{text}.e30.AA"),
    "the claims of a JWT": lambda text: read_unverified(f"eyJhbGciOiJFUzI1NiJ9.{_base64url(text)}.AA"),
    "a JWKS": lambda text: PublicKeys.from_jwks(text.encode()),
    "the modulus of a key": lambda text: PublicKeys.from_jwks({"keys": [{"kty": "RSA", "n": text, "e": "AQAB"}]}),
    "the exponent of a key": lambda text: PublicKeys.from_jwks({"keys": [{"kty": "RSA", "n": "AQAB", "e": text}]}),
    "the point of a key": lambda text: PublicKeys.from_jwks(
        {"keys": [{"kty": "EC", "crv": "P-256", "x": text, "y": text}]}
    ),
    "a form": lambda text: decode_fields(text.encode(), maximum=1_000),
    "a query": lambda text: query_parameters(text.encode()),
    "Client-Cert": lambda text: client_certificate(f":{text}:".encode()),
    "x-fapi-interaction-id": lambda text: interaction_id(text.encode()),
    "Authorization": lambda text: bearer_token({"authorization": text}),
    "Accept": lambda text: check_accept({"accept": text}),
    "x-fapi-auth-date": lambda text: check_auth_date({"x-fapi-auth-date": text}),
    "x-fapi-customer-ip-address": lambda text: check_customer_ip_address({"x-fapi-customer-ip-address": text}),
    "x-cds-client-headers": lambda text: check_client_headers({"x-cds-client-headers": text}),
    "a request body": lambda text: named_ids({"content-type": "application/json"}, text.encode(), "accountIds"),
    "a request body with an id": lambda text: named_ids(
        {"content-type": "application/json"}, f'{{"data":{{"accountIds":["{text}"]}}}}'.encode(), "accountIds"
    ),
    "scope": split,
    "an identifier": canonical_identifier,
    "a one-time password": parse_code,
    "error_description": printable,
    "a line of the log": redacted,
    "a redirection URI": is_https,
    "an import file": lambda text: list(elements(text, EVERY_ELEMENT, "name", EVERY_ELEMENT)),
    "an array in an import file": lambda text: list(elements(f"[{text}", EVERY_ELEMENT)),
    "a NEM12 file": lambda text: list(read_nem12(enumerate(text.encode().splitlines(), 1))),
    "a line of a NEM12 file": lambda text: list(read_nem12([(1, _NEM12_DATASTREAM), (2, text.encode())])),
    "the values of a NEM12 file": lambda text: list(
        read_nem12([(1, _NEM12_DATASTREAM), (2, f"300,20240201,{text}".encode())])
    ),
    "a logo": sanitized,
    "the export of a logo": cleaned,
    "the styles of the export of a logo": lambda text: cleaned(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><style>{text}</style></svg>'
    ),
    "the drawing of a logo": lambda text: sanitized(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path d="{text}"/></svg>'
    ),
}
PIECES: Final = (
    *(" ", "\n", "a", "0", "9", "-", ".", ",", ";", ":", "/", "?", "&", "=", "%", "+", "\\", '"', "'", "[", "]", "{"),
    *("(", ")", "<", ">", "@", "_", "~", "a,", "a;q=0", ";q=", "a=b&", "%41", "%", "a b ", '{"a":', "[[", '[{"name":['),
    *('"name",', "eyJ-", "eyJhbGciOiJFUzI1NiJ9.", "Bearer ", "https://", "https://a", "\\u0000", "\\\\", "\u00e9"),
    *("\u0301\u0316", "\ufdfa", "\u00df", "<g>", "<!--", "&amp;", "url(", "DETAIL: Key (", "[parameters: ", "code="),
)


@pytest.mark.parametrize("name", PARSERS)
def test_every_parser_of_untrusted_input_takes_linear_time(name: str) -> None:
    run = _ignoring_refusals(PARSERS[name])
    inputs = (Attack(prefix, piece, suffix) for piece in PIECES for prefix in ("", "a") for suffix in ("", "!"))
    hardest = slowest(inputs, lambda attack: run(attack.of_length(FIRST_SIZE)), name, number=TRIED)
    for attack in hardest:
        assert_linear(_work(run, attack), f"{name} with {attack}")


def _base64url(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")
