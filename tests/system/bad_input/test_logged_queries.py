"""The query of a request is not logged by the application with the real options of its server."""

from ops.stack.embedded import Stack
from tests.support.ecosystem import Ecosystem

PATHS = {
    "/": 303,
    "/authorise": 400,
    "/jwks": 200,
    "/cds-au/v1/discovery/status": 400,
    "/dashboard": 303,
    "/nothing": 404,
}
"""Paths of the public host, with the status of a request that has only a query."""


async def test_a_query_is_not_logged(ecosystem: Ecosystem, stack: Stack) -> None:
    log = stack.folder.logs / "app.log"
    before = log.stat().st_size
    async with ecosystem.http() as http:
        for path, status in PATHS.items():
            response = await http.get(f"{ecosystem.aurora.issuer}{path}", params={"hint": "mia@people.test" * 100})
            assert response.status_code == status, path
        refused = await http.post(f"{ecosystem.aurora.issuer}/authorise", params={"hint": "mia@people.test"})
        assert refused.status_code == 400
    written = log.read_bytes()[before:]
    assert b"oauth.refused" in written
    assert b"hint" not in written
    assert b"HTTP/1.1" not in written
