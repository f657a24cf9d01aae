"""`haas register`: the register environments."""

from tests.support.commands import Haas


async def test_a_tenant_cannot_be_created_in_an_unknown_register_environment(haas: Haas) -> None:
    where = ("--register-environment", "conformance")
    create = ("tenant", "create", "wren", "--name", "Wren", "--retailer", "Wren Ltd", *where)
    refused = await haas(*create)
    assert refused.exit_code == 1
    assert "`haas register put` adds one" in refused.output
    addresses = ("--public-base-uri", "https://a.test", "--secure-base-uri", "https://b.test")
    put = await haas("register", "put", "conformance", *addresses, "--jwks-uri", "https://a.test/jwks")
    assert put.exit_code == 0
    assert "https://a.test/jwks" in (await haas("register", "list")).output
    assert (await haas(*create)).exit_code == 0
    assert (await haas("tenant", "remove", "wren", "--yes")).exit_code == 0


async def test_a_register_over_plain_http_is_refused(haas: Haas) -> None:
    addresses = ("--public-base-uri", "http://a.test", "--secure-base-uri", "https://b.test")
    refused = await haas("register", "put", "plain", *addresses, "--jwks-uri", "https://a.test/jwks")
    assert refused.exit_code == 2
    assert "not an https address" in refused.output
