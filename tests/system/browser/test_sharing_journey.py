"""A person shares data of two accounts, changes for how long, and stops, in dark colours and with large text."""

from ops.journeys.sharing import amend, authorise, withdraw
from tests.system.browser.combinations import Combination, combined
from tests.system.browser.journey import Journey


@combined(Combination("banksia", "phone", "dark", 200, by_keyboard=False))
async def test_a_person_shares_changes_it_and_stops(journey: Journey) -> None:
    brand = journey.brand
    ada = await brand.person("Ada Amber")
    await brand.account("3 Lighthouse Road, Byron Bay", ada)
    await brand.account("Unit 12, 140 Characteristic Avenue, Wollongong", ada)
    visitor = await journey.visitor()
    connection = await authorise(visitor, brand.recipient_url, brand.description, ada.identifier)
    await amend(visitor, ada.identifier)
    await withdraw(visitor, brand.description, ada.identifier, connection)
