"""Which recipient another person shares with: the holders of the account read the same as who has authorised."""

from sqlalchemy import func, update

from tenants.clients.tables import client
from tenants.register.store import put_accreditations
from tenants.registry.names import control_namespace
from tests.support.clients import load_client
from tests.support.consent_pages import ConsentPages
from tests.support.joint_pages import JointPages
from tests.support.rows import execute

POLICY = "https://policy.test/cdr"


async def test_the_recipient_of_others_is_identified_with_its_number_and_its_policy(pages: ConsentPages) -> None:
    """CDR Rules 1.15(3)(g), 7.9, for a joint account and for what a secondary user shares."""
    joint = await JointPages.open(pages)
    home, services = joint.home, pages.application.services
    uma, as_uma = await home.add_person("Uma Usher")
    await home.hold(uma, home.house, "secondary-user")
    await home.share(home.house)
    await home.share(home.house, who=as_uma)
    browser = await joint.browser(home.bob)
    users = (await browser.get("/dashboard")).element("secondary-users").attributes["href"]
    await browser.get(joint.path(home.bob))
    of_mia = (await browser.follow("shared-1")).page
    await browser.get(users)
    of_uma = (await browser.follow("user-1")).page
    for page, suffix in ((of_mia, ""), (of_uma, "-1")):
        assert page.element(f"accreditation{suffix}").text == "Check the accreditation"
        assert f"policy{suffix}" not in page.elements

    known = await load_client(services.database, pages.tenant, pages.recipient.client_id)
    changed = func.jsonb_set(client.c.registration, ["policy_uri"], func.to_jsonb(POLICY))
    of_recipient = update(client).where(client.c.client_id == known.client_id)
    await execute(services.database, pages.tenant, of_recipient.values(registration=changed))
    async with services.database.transaction(control_namespace(services.settings)) as tx:
        numbers = {known.recipient_id: "ADR000779"}
        await put_accreditations(tx, pages.tenant.register_environment.id, numbers, pages.application.now)
    for path, suffix in ((of_mia.path, ""), (of_uma.path, "-1")):
        page = await browser.get(path)
        assert page.element(f"accreditation{suffix}").text == "Check accreditation ADR000779"
        for link in (f"policy{suffix}", *(["policy-again"] if not suffix else [])):
            attributes = page.element(link).attributes
            assert (attributes["href"], attributes["rel"]) == (POLICY, "noreferrer")
        for name in ("Mock Software", "by Mock Company", "Mock Company Pty Ltd"):
            assert name in page.text, name
