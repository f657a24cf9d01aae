"""Instructions for secondary users, blocks of recipients, and the holder's view of both (K-15)."""

from datetime import timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import insert, select, update

from haas.clock import MovableClock
from ops.sandbox.recipient.client import RecipientClient
from tenants.accounts.tables import harm_flag, holding, secondary_user_instruction, sharing_block
from tenants.audit.tables import audit
from tenants.joint_accounts.errors import NotAHolder, SharingNotFound
from tenants.parties.acting import Acting
from tenants.parties.errors import MayNotAct
from tenants.registry.models import Tenant
from tenants.secondary_users import service
from tenants.secondary_users.errors import BlockNotFound, BlockNotOffered, NotASecondaryUser
from tenants.secondary_users.models import SecondaryUser
from tests.support.application import Application
from tests.support.clients import registered_client
from tests.support.joint_home import JointHome


class Home(JointHome):
    """Uma is a secondary user of the house, which Mia and Bob hold."""

    uma: UUID
    as_uma: Acting

    async def view(self, acting: Acting) -> list[SecondaryUser]:
        found: list[SecondaryUser] = await self.run(service.users, acting, now=self.application.now)
        return found


@pytest.fixture
async def home(application: Application, aurora: Tenant, recipient: RecipientClient) -> Home:
    home = Home(application, aurora, recipient)
    await home.add()
    home.uma, home.as_uma = await home.add_person("Uma Usher")
    await home.hold(home.uma, home.house, "secondary-user")
    return home


async def test_any_holder_gives_and_withdraws_an_instruction_and_the_data_apis_follow_at_once(
    home: Home, clock: MovableClock
) -> None:
    await home.do(service.instruct, home.as_bob, home.house, home.uma)
    await home.do(service.instruct, home.as_mia, home.house, home.uma)
    shared = await home.share(home.house, who=home.as_uma)
    assert (await home.disclosed(shared))[0] == {home.house}
    for holder in (home.as_bob, home.as_mia):
        (seen,) = await home.view(holder)
        assert (seen.name, seen.account_id, seen.instructed_at is not None) == ("Uma Usher", home.house, True)
        ((title, state),) = [(each.recipient, each.state) for each in seen.sharing]
        assert (title, state) == ("Mock Company Pty Ltd", "sharing")
    stops = await home.run(service.stopped_by_withdrawal, home.as_mia, home.house, home.uma, now=home.application.now)
    assert stops == list(seen.sharing)
    assert await home.view(home.as_uma) == []
    everybody = [home.mia, home.bob, home.uma]
    assert await home.run(service.holders_with_users, everybody, now=home.application.now) == {home.mia, home.bob}
    assert seen.withdrawn_at is None

    clock.move(timedelta(minutes=1))
    await home.do(service.withdraw, home.as_mia, home.house, home.uma)
    await home.do(service.withdraw, home.as_mia, home.house, home.uma)
    assert await home.disclosed(shared) == (set(), set()), "as if the account had not been chosen"
    ((row),) = await home.execute(
        select(secondary_user_instruction).where(secondary_user_instruction.c.customer_id == home.uma)
    )
    assert (row.given_by, row.withdrawn_by) == (home.bob, home.mia)
    (withdrawn,) = await home.view(home.as_bob)
    found = await home.run(service.used_without_instruction, everybody, now=home.application.now)
    assert found == {(home.uma, home.house)}
    assert (withdrawn.id, withdrawn.instructed_at, withdrawn.withdrawn_at) == (seen.id, None, row.withdrawn_at)
    clock.move(timedelta(minutes=1))
    await home.do(service.instruct, home.as_mia, home.house, home.uma)
    assert (await home.disclosed(shared))[0] == {home.house}
    assert await home.run(service.used_without_instruction, everybody, now=home.application.now) == set()
    entries = await home.execute(select(audit).where(audit.c.subject == str(home.house)).order_by(audit.c.seq))
    assert [each.action.partition(".")[2] for each in entries] == ["give", "withdraw", "give"]


async def test_only_a_holder_instructs_and_only_for_a_secondary_user_of_today(home: Home) -> None:
    today = home.application.now.date()
    both = {"customer_id": home.uma, "account_id": home.farm, "valid_from": today - timedelta(days=9)}
    await home.hold(home.uma, home.farm, "secondary-user")
    await home.execute(insert(holding).values(**both, role="joint-holder"))
    found = await home.run(service.used_without_instruction, [home.uma], now=home.application.now)
    assert found == {(home.uma, home.house)}, "who also holds the account needs no instruction"
    await home.execute(update(holding).where(holding.c.account_id == home.farm).values(role="joint-holder"))
    for acting, account_id, user_id, error in (
        (home.as_uma, home.house, home.uma, NotAHolder),
        (home.as_bob, home.boat, home.uma, NotAHolder),
        (home.as_bob, home.farm, home.uma, NotASecondaryUser),
        (home.as_bob, home.house, home.mia, NotASecondaryUser),
        (home.as_bob, home.house, uuid4(), NotASecondaryUser),
        (Acting(customer_id=home.bob, login_id=home.as_uma.login_id), home.house, home.uma, MayNotAct),
    ):
        with pytest.raises(error):
            await home.do(service.instruct, acting, account_id, user_id)
    for acting in (home.as_uma, Acting(customer_id=uuid4(), staff="s-17")):
        with pytest.raises(NotAHolder):
            await home.do(service.withdraw, acting, home.house, home.uma)
    ended = update(holding).where(holding.c.customer_id == home.uma)
    await home.execute(ended.values(valid_to=today - timedelta(days=2)))
    with pytest.raises(NotASecondaryUser):
        await home.do(service.instruct, home.as_bob, home.house, home.uma)
    assert await home.run(service.holders_with_users, [home.bob, home.mia], now=home.application.now) == set()


async def test_a_holder_blocks_one_recipient_of_one_user_if_the_brand_offers_it(
    home: Home, application: Application, clock: MovableClock
) -> None:
    await home.do(service.instruct, home.as_bob, home.house, home.uma)
    shared = await home.share(home.house, who=home.as_uma)
    of_mia = await home.share(home.house)
    home.recipient = await registered_client(application, home.tenant)
    elsewhere = await home.share(home.house, who=home.as_uma)
    (seen,) = await home.view(home.as_bob)
    sharing_id = next(each.id for each in seen.sharing if str(each.arrangement_id) == shared.cdr_arrangement_id)
    with pytest.raises(BlockNotOffered):
        await home.do(service.block_recipient, home.as_bob, sharing_id)
    settings = msgspec.structs.replace(home.tenant.settings, offers_secondary_user_blocks=True)
    home.tenant = msgspec.structs.replace(home.tenant, settings=settings)
    for acting, unknown in ((home.as_bob, uuid4()), (home.as_uma, sharing_id)):
        with pytest.raises(SharingNotFound):
            await home.do(service.block_recipient, acting, unknown)

    block_id = await home.do(service.block_recipient, home.as_bob, sharing_id)
    assert await home.do(service.block_recipient, home.as_mia, sharing_id) == block_id
    assert await home.disclosed(shared) == (set(), {"blocked"})
    assert (await home.disclosed(of_mia))[0] == {home.house}
    assert (await home.disclosed(elsewhere))[0] == {home.house}
    (seen,) = await home.view(home.as_mia)
    assert [(each.id, each.recipient, each.is_by_holder, each.sharing_ids) for each in seen.blocked] == [
        (block_id, "Mock Company Pty Ltd", True, (sharing_id,))
    ]
    stops = await home.run(service.stopped_by_withdrawal, home.as_mia, home.house, home.uma, now=home.application.now)
    assert [str(each.arrangement_id) for each in stops] == [elsewhere.cdr_arrangement_id]
    clock.move(timedelta(minutes=1))
    with pytest.raises(NotAHolder):
        await home.do(service.end_block, home.as_uma, block_id)
    await home.do(service.end_block, home.as_mia, block_id)
    assert (await home.disclosed(shared))[0] == {home.house}
    with pytest.raises(BlockNotFound):
        await home.do(service.end_block, home.as_mia, block_id)

    # A block of the staff is shown, and is not the holder's to end.
    row = (await home.execute(select(sharing_block).where(sharing_block.c.id == block_id)))[0]
    by_staff = uuid4()
    again = {**row._mapping, "id": by_staff, "set_by": "staff", "since": clock.now(), "until": None}
    await home.execute(insert(sharing_block).values(again))
    assert [each.is_by_holder for each in (await home.view(home.as_mia))[0].blocked] == [False]
    with pytest.raises(BlockNotFound):
        await home.do(service.end_block, home.as_mia, by_staff)


async def test_a_holder_does_not_see_a_users_sharing_that_a_harm_flag_conceals(home: Home) -> None:
    await home.do(service.instruct, home.as_bob, home.house, home.uma)
    await home.share(home.house, who=home.as_uma)
    ((sharing),) = (await home.view(home.as_bob))[0].sharing
    flag = {"customer_id": home.uma, "account_id": home.house, "set_by": "s", "since": home.application.now}
    await home.execute(insert(harm_flag).values(flag))
    assert (await home.view(home.as_bob))[0].sharing == ()
    arguments = (home.as_bob, home.house, home.uma)
    assert await home.run(service.stopped_by_withdrawal, *arguments, now=home.application.now) == []
    settings = msgspec.structs.replace(home.tenant.settings, offers_secondary_user_blocks=True)
    home.tenant = msgspec.structs.replace(home.tenant, settings=settings)
    with pytest.raises(SharingNotFound):
        await home.do(service.block_recipient, home.as_bob, sharing.id)
