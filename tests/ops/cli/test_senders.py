"""`haas senders check`, with a name server on the loopback interface."""

from tenants.registry.models import Tenant
from tests.support.commands import Haas
from tests.support.dns_server import LOOPBACK, DnsServer


async def test_the_command_prints_each_record_and_what_to_do(haas: Haas, tenant: Tenant) -> None:
    domain = tenant.hosts.public
    async with DnsServer().serving() as dns:
        dns.records[domain] = ["v=spf1 mx -all"]
        done = await haas("senders", "check", tenant.slug, "--name-server", LOOPBACK, "--port", str(dns.port))
    assert done.exit_code == 1
    for line in (f"{tenant.slug}: no-reply@{domain}", "  SPF: right", "  DKIM: No DKIM selector is set", "Problems: 2"):
        assert line in done.output
    assert f"Publish one TXT record at _dmarc.{domain}" in done.output
    assert (await haas("senders", "check", tenant.slug, "--name-server", "ns.kestrel.test")).exit_code == 2
