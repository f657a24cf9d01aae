"""Values that are well formed and that no system of ours can keep or count with: refused, never an error of ours."""

from urllib.parse import quote

import msgspec
import pytest

from ops.browser.page import Page
from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.answers import Refused
from ops.sandbox.tenants import RESOURCE_PATH
from ops.smoke.participants import SCOPES
from tests.bad_input.expectations import cds_error, oauth_error, page_says, refused
from tests.bad_input.ground import ACCOUNTS, YEAR, Ground

NUL = "nul\0"


def _nested(depth: int) -> msgspec.Raw:
    return msgspec.Raw(b'{"a":' * depth + b"{}" + b"}" * depth)


REQUEST_OBJECTS: dict[str, tuple[dict[str, object], str]] = {
    "NUL in state": ({"state": NUL}, r"does not verify.*U\+0000"),
    "NUL in nonce": ({"nonce": NUL}, r"does not verify.*U\+0000"),
    "NUL in a claim": ({"claims": {"userinfo": {NUL: None}}}, r"does not verify.*U\+0000"),
    "NUL in what is ignored": ({"ignored": NUL}, r"does not verify.*U\+0000"),
    "nested": ({"claims": _nested(960)}, "nested deeper than"),
    "boundless exp": ({"exp": 1e300}, "more than 60 minutes"),
    "boundless nbf": ({"nbf": -(2**63)}, "more than 60 minutes"),
    "exp a text": ({"exp": "tomorrow"}, "malformed"),
    "negative duration": ({"claims": {"sharing_duration": -1}}, "sharing_duration"),
    "half a second": ({"claims": {"sharing_duration": 0.5}}, "sharing_duration"),
    "claims a list": ({"claims": []}, "malformed"),
    "over-long state": ({"state": "x" * 5000}, "state is longer than"),
    "arrangement no id": ({"claims": {"cdr_arrangement_id": "x' OR 1=1"}}, "cdr_arrangement_id"),
}


@pytest.mark.parametrize("case", REQUEST_OBJECTS)
async def test_in_request_objects(ground: Ground, case: str) -> None:
    claims, said = REQUEST_OBJECTS[case]
    with pytest.raises(Refused) as refusal:
        await ground.mine.push(SCOPES, request=Deviation(claims=claims))
    assert refusal.value.error in {"invalid_request_object", "invalid_request"}
    oauth_error(refusal.value.response, refusal.value.error, said)


async def test_a_boundless_duration_is_one_year(ground: Ground) -> None:
    """ "If it exceeds one year then one year will be assumed" (CDS, Request Object)."""
    tokens = await ground.consent(ground.mine, 9, sharing_duration=10**18)
    told = await ground.mine.introspect(str(tokens.refresh_token))
    assert told.exp is not None
    assert abs(told.exp - tokens.id_claims["iat"] - YEAR) < 60


ASSERTIONS: dict[str, dict[str, object]] = {
    "NUL in sub": {"sub": NUL, "iss": NUL},
    "NUL in jti": {"jti": NUL},
    "sub no text": {"sub": {"a": 1}},
    "jti no text": {"jti": 7},
    "over-long jti": {"jti": "x" * 2000},
    "boundless exp": {"exp": 1e300},
    "exp a text": {"exp": "tomorrow"},
    "boundless nbf": {"nbf": 2**63},
    "nested aud": {"aud": [["https://aurora.haas.localhost"]]},
}


@pytest.mark.parametrize("case", ASSERTIONS)
async def test_in_assertions(ground: Ground, case: str) -> None:
    with refused("invalid_client", "client assertion", 401):
        await ground.mine.client_credentials(assertion=Deviation(claims=ASSERTIONS[case]))


@pytest.mark.parametrize("header", [{"kid": NUL}, {"kid": 7}, {"alg": 7}, {"crit": ["b64"], "b64": False}, {"typ": 7}])
async def test_in_headers(ground: Ground, header: dict[str, object]) -> None:
    with refused("invalid_client", "", 401):
        await ground.mine.client_credentials(assertion=Deviation(header=header))


@pytest.mark.parametrize("name", ["client_id", "code", "code_verifier", "redirect_uri", "refresh_token", "scope"])
async def test_nul_in_forms(ground: Ground, name: str) -> None:
    for grant in ("authorization_code", "refresh_token", "client_credentials"):
        with refused("invalid_request", r"contains U\+0000"):
            await ground.mine.tokens(grant, {}, form={name: NUL})


async def test_nul_in_what_is_asked_about(ground: Ground) -> None:
    client = ground.mine
    for ask in (client.introspect, client.revoke_token, client.revoke_arrangement):
        with refused("invalid_request", r"contains U\+0000"):
            await ask(NUL)


REGISTRATIONS: dict[str, tuple[dict[str, object], str]] = {
    "NUL": ({"redirect_uris": [NUL]}, r"U\+0000"),
    "NUL in jti": ({"jti": NUL}, r"U\+0000"),
    "redirect_uris a text": ({"redirect_uris": "https://a.test"}, "redirect_uris"),
    "grant_types a number": ({"grant_types": 7}, "grant_types"),
    "boundless exp": ({"exp": 2**62}, "exp"),
    "exp a text": ({"exp": "tomorrow"}, "exp"),
}


@pytest.mark.parametrize("case", REGISTRATIONS)
async def test_in_registrations(ground: Ground, case: str) -> None:
    claims, said = REGISTRATIONS[case]
    ssa = await ground.control.ssa(ground.recipient.product)
    with refused("invalid_client_metadata", said):
        await ground.mine.register(ssa, Deviation(claims=claims))


@pytest.mark.parametrize("query", ["client_id=%00&request_uri={}", "client_id={}&request_uri=%00", "%00={}"])
async def test_nul_at_the_authorisation_endpoint(ground: Ground, query: str) -> None:
    uri = "urn:ietf:params:oauth:request_uri:x"
    url = f"{ground.mine.holder.metadata.authorization_endpoint}?{query.format(quote(uri))}"
    page_says((await (await ground.person()).open(url)).page, 400, "cannot be used")


ADDRESSES = (
    "/",
    "/nothing",
    "/%ff",
    "/%ed%a0%80",
    "//authorise",
    "/authorise/",
    "/authorise/..%2fdashboard",
    "/flow",
    "/flow/%ff/identify",
    "/flow/0/identify",
    "/flow/00000000000040008000000000000000/identify",
    "/flow/00000000000040008000000000000000/nothing",
    "/flow/" + "f" * 3000 + "/identify",
    "/dashboard/arrangements/nothing",
    "/dashboard/arrangements/%ff",
    "/theme/%ff",
    "/register/%ff",
    "/register/%C3%BC",
    "/register/..%2ftoken",
    "/register/" + "x" * 3000,
    "/cds-au/v1",
    "/cds-au/v1/energy/accounts/%ff",
    "/cds-au/v1/energy/accounts/%C3%BC",
    "/cds-au/v1/energy/accounts//",
    "/cds-au/v2/energy/accounts",
)


@pytest.mark.parametrize("path", ADDRESSES, ids=lambda path: path[:40])
async def test_odd_addresses(ground: Ground, path: str) -> None:
    """Each surface answers in its own shape, and the dashboard only leads to its sign-in."""
    async with ground.http() as http:
        page = await http.get(f"{ground.aurora.issuer}{path}")
    if page.status_code == 303:
        assert path.startswith("/dashboard")
        assert page.headers["location"] == "/dashboard/sign-in"
    elif path.startswith("/theme/"):
        assert page.headers["content-type"].startswith("text/css")
    else:
        assert page.status_code in {400, 403, 404}
        assert page.headers["content-type"].startswith("application/json" if "/cds-au/" in path else "text/html")
    answer = await ground.mine.http.get(f"{ground.aurora.resource_base_uri}{path}", headers={"x-v": "1"})
    assert answer.status_code in {400, 401, 404}
    assert ("errors" if path.startswith("/cds-au/v1") else "error") in answer.json()


@pytest.mark.parametrize("value", ["", '"', "ü", "%00", "%0d%0aSet-Cookie:a=b", "%ed%a0%80", "x" * 4000, "a, b; c"])
async def test_odd_cookies(ground: Ground, value: str) -> None:
    flow = await ground.mine.push(SCOPES)
    person = await (await ground.person()).open(ground.mine.authorisation_url(flow))
    ((name, _),) = person.http.cookies.items()
    async with ground.http() as http:
        cookie = {b"Cookie": f"{name}={value}; __Host-dashboard={value}".encode()}
        response = await http.get(person.page.url, headers=cookie)
        page_says(Page(person.page.url, response.status_code, response.text), 403, "another browser")
        home = await http.get(ground.aurora.dashboard_url, headers=cookie)
        assert (home.status_code, home.headers["location"]) == (303, "/dashboard/sign-in")
        sign_in = await http.get(f"{ground.aurora.dashboard_url}/sign-in", headers=cookie)
        assert sign_in.status_code == 200
        assert {cookie.split("=")[0] for cookie in sign_in.headers.get_list("set-cookie")} <= {"__Host-dashboard"}
        posted = await http.post(f"{ground.aurora.dashboard_url}/sign-in", headers=cookie, data={"identifier": "x"})
        page_says(Page("", posted.status_code, posted.text), 403, "could not accept this form")


@pytest.mark.parametrize("token", ["ü", "\xff", "a b", "x" * 4000, "'; DROP TABLE"])
async def test_odd_access_tokens(ground: Ground, token: str) -> None:
    headers = {b"Authorization": f"Bearer {token}".encode("latin-1"), b"x-v": b"2"}
    data = await ground.mine.http.get(f"{ground.aurora.resource_base_uri}{RESOURCE_PATH}{ACCOUNTS}", headers=headers)
    cds_error(data, "GeneralError/Expected", "(?i)access token is (required|invalid)", 401)
    userinfo = await ground.mine.http.get(ground.mine.holder.metadata.userinfo_endpoint, headers=headers)
    oauth_error(userinfo, "invalid_token", "", 401)
