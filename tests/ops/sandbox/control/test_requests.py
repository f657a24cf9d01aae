"""Control API: requests that are refused."""

import httpx
import pytest


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("POST", "/software-products", b"{", 400),
        ("POST", "/software-products", b'"text"', 400),
        ("POST", "/software-products", b"\xff", 400),
        ("POST", "/software-products", b'{"nmae": "x"}', 400),
        ("POST", "/software-products", b'{"redirect_uris": ["javascript:alert(1)"]}', 400),
        ("POST", "/software-products", b'{"jwks": [], "jwks_uri": "https://k.test/jwks"}', 400),
        ("POST", "/software-products", b'{"jwks": [{"kty": "EC", "d": "secret"}]}', 400),
        ("POST", "/software-products", b'{"data_recipient_brand_id": "unknown"}', 404),
        ("POST", "/software-products", b'{"name": "' + b"x" * 300_000 + b'"}', 413),
        ("GET", "/software-products/unknown", b"", 404),
        ("GET", "/software-products/unknown/ssa", b"", 404),
        ("PUT", "/software-products/unknown/status", b"{}", 404),
        ("PUT", "/software-products/unknown/jwks", b'{"keys": [{"kty": "EC", "d": "secret"}]}', 400),
        ("PUT", "/software-products/unknown/jwks", b'{"keys": [{}]}', 404),
        ("PUT", "/software-products/unknown/revocation-endpoint", b'{"failures": 1}', 404),
        ("PUT", "/software-products/unknown/revocation-endpoint", b'{"failures": -1}', 400),
        ("PUT", "/software-products/unknown/status", b'{"status": "SLEEPING"}', 400),
        ("PUT", "/data-recipients/unknown/status", b"{}", 404),
        ("PUT", "/preset-codes/aurora/ada", b'{"code": "12"}', 400),
        ("PUT", "/preset-codes/aurora/ada", b'{"code": "00789"}', 400),
        ("DELETE", "/preset-codes/aurora/nobody", b"", 404),
        ("POST", "/clock", b'{"seconds": 1e12}', 400),
        ("GET", "/mailbox?after=-1", b"", 400),
        ("GET", "/mailbox?wait=3600", b"", 400),
        ("GET", "/notices?wait=x", b"", 400),
        ("GET", "/nowhere", b"", 404),
        ("DELETE", "/clock", b"", 405),
    ],
)
async def test_a_wrong_request_is_refused_with_an_error_and_changes_nothing(
    control: httpx.AsyncClient, *, method: str, path: str, content: bytes, status: int
) -> None:
    before = (await control.get("/software-products")).json()["software_products"]
    assert before
    answer = await control.request(method, path, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert "error" in answer.json()
    assert (await control.get("/software-products")).json()["software_products"] == before
