"""Well-formed values that cannot be stored or processed: they are refused and cause no server error."""

from urllib.parse import quote

import msgspec
import pytest

from ops.browser.page import Page
from ops.sandbox.messages import Deviation
from ops.smoke.participants import SCOPES
from tests.support.consents import YEAR
from tests.support.ecosystem import Ecosystem
from tests.support.expectations import cds_error, oauth_error, refused
from tests.system.bad_input.expectations import page_says

NUL = "nul\0"


def _nested(depth: int) -> msgspec.Raw:
    return msgspec.Raw(b'{"a":' * depth + b"{}" + b"}" * depth)


OBJECT, REQUEST = "invalid_request_object", "invalid_request"
REQUEST_OBJECTS: dict[str, tuple[dict[str, object], str, str]] = {
    "NUL in state": ({"state": NUL}, OBJECT, r"does not verify.*U\+0000"),
    "NUL in nonce": ({"nonce": NUL}, OBJECT, r"does not verify.*U\+0000"),
    "NUL in a claim": ({"claims": {"userinfo": {NUL: None}}}, OBJECT, r"does not verify.*U\+0000"),
    "NUL in an unknown claim": ({"ignored": NUL}, OBJECT, r"does not verify.*U\+0000"),
    "nested too deeply": ({"claims": _nested(960)}, OBJECT, "nested deeper than"),
    "exp out of range": ({"exp": 1e300}, OBJECT, "is not a time"),
    "nbf out of range": ({"nbf": -(2**63)}, OBJECT, "is not a time"),
    "exp is a string": ({"exp": "tomorrow"}, OBJECT, "malformed"),
    "negative duration": ({"claims": {"sharing_duration": -1}}, REQUEST, "sharing_duration"),
    "duration of half a second": ({"claims": {"sharing_duration": 0.5}}, REQUEST, "sharing_duration"),
    "claims is an array": ({"claims": []}, OBJECT, "malformed"),
    "state too long": ({"state": "x" * 5000}, REQUEST, "state is longer than"),
    "cdr_arrangement_id not a UUID": ({"claims": {"cdr_arrangement_id": "x' OR 1=1"}}, REQUEST, "cdr_arrangement_id"),
}


@pytest.mark.parametrize("case", REQUEST_OBJECTS)
async def test_a_request_object_with_odd_values_is_refused(ecosystem: Ecosystem, case: str) -> None:
    claims, error, said = REQUEST_OBJECTS[case]
    with refused(error, said):
        await ecosystem.mine.push(SCOPES, request=Deviation(claims=claims))


async def test_a_very_long_sharing_duration_is_limited_to_one_year(ecosystem: Ecosystem) -> None:
    """ "If it exceeds one year then one year will be assumed" (CDS, Request Object)."""
    tokens = await ecosystem.consent(ecosystem.mine, 9, sharing_duration=10**18)
    told = await ecosystem.mine.introspect(str(tokens.refresh_token))
    assert told.exp is not None
    assert abs(told.exp - tokens.id_claims["iat"] - YEAR) < 60


ASSERTIONS: dict[str, tuple[dict[str, object], str]] = {
    "NUL in sub": ({"sub": NUL, "iss": NUL}, "is not a signed JWT"),
    "NUL in jti": ({"jti": NUL}, "is not a signed JWT"),
    "sub no text": ({"sub": {"a": 1}}, "must both be the client_id"),
    "jti no text": ({"jti": 7}, "jti of the client assertion is missing"),
    "over-long jti": ({"jti": "x" * 2000}, "jti of the client assertion is missing"),
    "exp out of range": ({"exp": 1e300}, "further ahead than 3600 seconds"),
    "exp is a string": ({"exp": "tomorrow"}, "exp is not a number of seconds"),
    "nbf out of range": ({"nbf": 2**63}, r"not valid yet \(nbf\)"),
    "nested aud": ({"aud": [["https://aurora.haas.localhost"]]}, r"not for this server \(aud\)"),
}


@pytest.mark.parametrize("case", ASSERTIONS)
async def test_an_assertion_with_odd_values_is_refused(ecosystem: Ecosystem, case: str) -> None:
    claims, said = ASSERTIONS[case]
    with refused("invalid_client", said, 401):
        await ecosystem.mine.client_credentials(assertion=Deviation(claims=claims))


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"kid": NUL}, "not signed by a key of its JWKS"),
        ({"kid": 7}, "not signed by a key of its JWKS"),
        ({"alg": 7}, "not signed by a key of its JWKS"),
        ({"typ": 7}, "not signed by a key of its JWKS"),
        ({"crit": ["b64"], "b64": False}, "not a signed JWT"),
    ],
    ids=str,
)
async def test_an_assertion_with_an_odd_header_is_refused(
    ecosystem: Ecosystem, header: dict[str, object], said: str
) -> None:
    with refused("invalid_client", said, 401):
        await ecosystem.mine.client_credentials(assertion=Deviation(header=header))


@pytest.mark.parametrize("name", ["client_id", "code", "code_verifier", "redirect_uri", "refresh_token", "scope"])
async def test_a_form_field_with_nul_is_refused(ecosystem: Ecosystem, name: str) -> None:
    for grant in ("authorization_code", "refresh_token", "client_credentials"):
        with refused("invalid_request", r"contains U\+0000"):
            await ecosystem.mine.tokens(grant, {}, form={name: NUL})


async def test_a_token_or_arrangement_id_with_nul_is_refused(ecosystem: Ecosystem) -> None:
    client = ecosystem.mine
    for ask in (client.introspect, client.revoke_token, client.revoke_arrangement):
        with refused("invalid_request", r"contains U\+0000"):
            await ask(NUL)


REGISTRATIONS: dict[str, tuple[dict[str, object], str]] = {
    "NUL in redirect_uris": ({"redirect_uris": [NUL]}, r"U\+0000"),
    "NUL in jti": ({"jti": NUL}, r"U\+0000"),
    "redirect_uris is a string": ({"redirect_uris": "https://a.test"}, "redirect_uris"),
    "grant_types is a number": ({"grant_types": 7}, "grant_types"),
    "exp out of range": ({"exp": 2**62}, "exp"),
    "exp is a string": ({"exp": "tomorrow"}, "exp"),
}


@pytest.mark.parametrize("case", REGISTRATIONS)
async def test_a_registration_request_with_odd_values_is_refused(ecosystem: Ecosystem, case: str) -> None:
    claims, said = REGISTRATIONS[case]
    ssa = await ecosystem.control.ssa(ecosystem.recipient.product)
    with refused("invalid_client_metadata", said):
        await ecosystem.mine.register(ssa, Deviation(claims=claims))


@pytest.mark.parametrize("query", ["client_id=%00&request_uri={}", "client_id={}&request_uri=%00", "%00={}"])
async def test_an_authorisation_url_with_nul_gets_an_error_page(ecosystem: Ecosystem, query: str) -> None:
    uri = "urn:ietf:params:oauth:request_uri:x"
    url = f"{ecosystem.mine.holder.metadata.authorization_endpoint}?{query.format(quote(uri))}"
    page_says((await (await ecosystem.person()).open(url)).page, 400, "cannot be used")


# By address: the status at the public host, and that at the secure host.
ADDRESSES = {
    "/nothing": (404, 404),
    "/%ff": (404, 404),
    "/%ed%a0%80": (404, 404),
    "//authorise": (400, 404),
    "/authorise/": (400, 404),
    "/authorise/..%2fdashboard": (404, 404),
    "/flow": (404, 404),
    "/flow/%ff/identify": (404, 404),
    "/flow/0/identify": (404, 404),
    "/flow/00000000000040008000000000000000/identify": (403, 404),
    "/flow/00000000000040008000000000000000/nothing": (404, 404),
    "/flow/" + "f" * 3000 + "/identify": (404, 404),
    "/dashboard/arrangements/nothing": (404, 404),
    "/dashboard/arrangements/%ff": (404, 404),
    "/register/%ff": (404, 401),
    "/register/%C3%BC": (404, 401),
    "/register/..%2ftoken": (404, 404),
    "/register/" + "x" * 3000: (404, 401),
    "/cds-au/v1": (404, 404),
    "/cds-au/v1/energy/accounts/%ff": (404, 401),
    "/cds-au/v1/energy/accounts/%C3%BC": (404, 401),
    "/cds-au/v1/energy/accounts//": (404, 401),
    "/cds-au/v2/energy/accounts": (404, 404),
}
NOTHING, NO_TOKEN = "There is nothing at this address", "(?i)an access token is required"


@pytest.mark.parametrize("path", ADDRESSES, ids=lambda path: path[:40])
async def test_an_unusual_address_gets_an_error_in_the_format_of_its_host(ecosystem: Ecosystem, path: str) -> None:
    """The public host answers with a page, the secure host with JSON, and both with JSON for data."""
    at_public, at_secure = ADDRESSES[path]
    async with ecosystem.http() as http:
        public = await http.get(f"{ecosystem.aurora.issuer}{path}")
    if path.startswith("/cds-au"):
        cds_error(public, "Resource/NotFound", NOTHING, at_public)
    else:
        shown = {400: "cannot be used", 403: "another browser", 404: "not found"}[at_public]
        page_says(Page(path, public.status_code, public.text), at_public, shown)
    secure = await ecosystem.mine.http.get(f"{ecosystem.aurora.resource_base_uri}{path}", headers={"x-v": "1"})
    if path.startswith("/cds-au"):
        code = {401: "GeneralError/Expected", 404: "Resource/NotFound"}[at_secure]
        cds_error(secure, code, NO_TOKEN if at_secure == 401 else NOTHING, at_secure)
    else:
        error = {401: "invalid_token", 404: "invalid_request"}[at_secure]
        oauth_error(secure, error, NO_TOKEN if at_secure == 401 else NOTHING, at_secure)


async def test_an_unknown_stylesheet_address_returns_the_current_stylesheet(ecosystem: Ecosystem) -> None:
    async with ecosystem.http() as http:
        response = await http.get(f"{ecosystem.aurora.issuer}/theme/%ff")
    assert (response.status_code, response.headers["content-type"]) == (200, "text/css; charset=utf-8")


@pytest.mark.parametrize("value", ["", '"', "ü", "%00", "%0d%0aSet-Cookie:a=b", "%ed%a0%80", "x" * 4000, "a, b; c"])
async def test_a_malformed_cookie_is_treated_as_no_session(ecosystem: Ecosystem, value: str) -> None:
    flow = await ecosystem.mine.push(SCOPES)
    person = await (await ecosystem.person()).open(ecosystem.mine.authorisation_url(flow))
    ((name, _),) = person.http.cookies.items()
    async with ecosystem.http() as http:
        cookie = {b"Cookie": f"{name}={value}; __Host-dashboard={value}".encode()}
        response = await http.get(person.page.url, headers=cookie)
        page_says(Page(person.page.url, response.status_code, response.text), 403, "another browser")
        home = await http.get(ecosystem.aurora.dashboard_url, headers=cookie)
        assert (home.status_code, home.headers["location"]) == (303, "/dashboard/sign-in")
        sign_in = await http.get(f"{ecosystem.aurora.dashboard_url}/sign-in", headers=cookie)
        assert sign_in.status_code == 200
        assert {cookie.split("=")[0] for cookie in sign_in.headers.get_list("set-cookie")} <= {"__Host-dashboard"}
        posted = await http.post(f"{ecosystem.aurora.dashboard_url}/sign-in", headers=cookie, data={"identifier": "x"})
        page_says(Page("", posted.status_code, posted.text), 403, "could not accept this form")


@pytest.mark.parametrize("token", ["ü", "\xff", "a b", "'; DROP TABLE"])
async def test_an_access_token_with_invalid_characters_is_refused(ecosystem: Ecosystem, token: str) -> None:
    headers = {b"Authorization": f"Bearer {token}".encode("latin-1"), b"x-v": b"2"}
    data = await ecosystem.mine.http.get(ecosystem.accounts_url, headers=headers)
    cds_error(data, "GeneralError/Expected", "An access token is required", 401)
    userinfo = await ecosystem.mine.http.get(ecosystem.mine.holder.metadata.userinfo_endpoint, headers=headers)
    oauth_error(userinfo, "invalid_token", "contains no bearer token", 401)


async def test_an_access_token_that_is_much_too_long_is_refused(ecosystem: Ecosystem) -> None:
    headers = {"Authorization": f"Bearer {'x' * 4000}", "x-v": "2"}
    data = await ecosystem.mine.http.get(ecosystem.accounts_url, headers=headers)
    cds_error(data, "GeneralError/Expected", "The access token is invalid", 401)
    userinfo = await ecosystem.mine.http.get(ecosystem.mine.holder.metadata.userinfo_endpoint, headers=headers)
    oauth_error(userinfo, "invalid_token", "the access token is unknown", 401)
