"""The Register's token endpoint."""

from tests.ops.sandbox.addresses import SECURE_REGISTER
from tests.ops.sandbox.conftest import RunningSandbox
from tests.ops.sandbox.register.private_api import secure_http, token_form


async def test_a_wrong_or_repeated_assertion_is_refused(sandbox: RunningSandbox) -> None:
    url = f"{SECURE_REGISTER}/idp/connect/token"
    async with await secure_http(sandbox) as http:
        form = await token_form(sandbox)
        assert (await http.post(url, data=form)).status_code == 200
        assert (await http.post(url, data=form)).json()["error"] == "invalid_client"
        for claims in ({"exp": 1}, {"aud": "https://elsewhere.test"}, {"sub": "another"}, {"jti": None}, {"iss": "x"}):
            answer = await http.post(url, data=await token_form(sandbox, **claims))
            assert answer.status_code == 401, claims
        wrong_scope = {**await token_form(sandbox), "scope": "openid"}
        assert (await http.post(url, data=wrong_scope)).json()["error"] == "invalid_scope"
        wrong_grant = {**await token_form(sandbox), "grant_type": "password"}
        assert (await http.post(url, data=wrong_grant)).json()["error"] == "unsupported_grant_type"
        unsigned = {**await token_form(sandbox), "client_assertion": "a.b.c"}
        assert (await http.post(url, data=unsigned)).status_code == 401
        assert (await http.post(url, content=b"x")).status_code == 400
