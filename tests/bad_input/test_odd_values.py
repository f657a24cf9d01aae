"""Values that are well formed and that no system of ours can keep or count with: refused, never an error of ours."""

from urllib.parse import quote

import msgspec
import pytest

from ops.sandbox.messages import Deviation
from ops.sandbox.recipient.answers import Refused
from ops.smoke.recipient import SCOPES
from tests.bad_input.expectations import oauth_error, page_says, refused
from tests.bad_input.ground import YEAR, Ground

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
