"""What a request's query contains never reaches the log of the application, with the server's real options."""

from ops.stack.embedded import Stack
from tests.support.ecosystem import Ecosystem


async def test_a_query_is_not_logged(ecosystem: Ecosystem, stack: Stack) -> None:
    log = stack.folder.logs / "app.log"
    before = log.stat().st_size
    async with ecosystem.http() as http:
        for path in ("/", "/authorise", "/jwks", "/cds-au/v1/discovery/status", "/dashboard", "/nothing"):
            response = await http.get(f"{ecosystem.aurora.issuer}{path}", params={"hint": "mia@people.test" * 100})
            assert response.status_code < 500
        refused = await http.post(f"{ecosystem.aurora.issuer}/authorise", params={"hint": "mia@people.test"})
        assert refused.status_code == 400
    written = log.read_bytes()[before:]
    assert b"oauth.refused" in written
    assert b"hint" not in written
    assert b"HTTP/1.1" not in written
