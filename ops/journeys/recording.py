"""Records how people authorise, amend and withdraw with a theme, on an embedded stack (CDR Rules 9.3(1)(g))."""

from collections.abc import Mapping
from pathlib import Path

from playwright.async_api import Browser, Page

from haas.progress import Progress
from ops.demonstration.brands import DemonstrationBrand
from ops.demonstration.customers import DemonstrationCustomer
from ops.demonstration.other_servers import Certificates
from ops.demonstration.setup import set_up_brands
from ops.deployment_settings import DeploymentSettings
from ops.files import PUBLIC, write_atomically
from ops.journeys.chromium import trusting_chromium, whole_page
from ops.journeys.devices import DEVICES
from ops.journeys.sharing import amend, authorise, withdraw
from ops.journeys.visitor import Visitor
from ops.smoke.command import participants_of
from ops.smoke.control import SandboxControl
from ops.stack.embedded import Stack, running
from ops.stack.options import WITHOUT_TRAFFIC_LIMIT, Options


async def record(brand: DemonstrationBrand, state: Path, folder: Path, progress: Progress) -> None:
    """Go through the three paths on each device, and write the screens into `folder`.

    `state` is an empty folder for the stack, which uses none of the deployment's servers. Raise NoChromium, StackError.
    """

    async def set_up(
        settings: DeploymentSettings, progress: Progress, certificates: Certificates
    ) -> Mapping[str, list[DemonstrationCustomer]]:
        return await set_up_brands(settings, progress, certificates, [brand])

    options = Options(state=state, port=0, durable=False, variables=WITHOUT_TRAFFIC_LIMIT)
    async with (
        running(options, set_up, progress) as stack,
        participants_of(stack) as outside,
        trusting_chromium(Path(stack.description.roots.web)) as chromium,
    ):
        for device in DEVICES:
            progress.line(f"Screens on a {device}")
            await _record_device(chromium, stack, outside.control, device, folder)


class _Screens:
    """Writes the screens of one device, with their numbers."""

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._shown = 0
        self.path = ""
        """What the names of the screens have before their numbers: the path that is not the first one."""

    async def keep(self, page: Page, screen: str) -> None:
        self._shown += 1
        name = f"{self._name}-{self.path}{self._shown:02}-{screen}.png"
        write_atomically(self._folder / name, await whole_page(page), PUBLIC)


async def _record_device(chromium: Browser, stack: Stack, control: SandboxControl, device: str, folder: Path) -> None:
    """Write the screens of the three paths of one person, who is another one on each device."""
    [tenant] = stack.description.tenants
    identifier = str(tenant.demonstration_customers[list(DEVICES).index(device)]["identifier"])
    context = await chromium.new_context(
        **DEVICES[device], locale="en-AU", reduced_motion="reduce", java_script_enabled=False
    )
    screens = _Screens(folder, f"{tenant.slug}-{device}")
    visitor = Visitor(await context.new_page(), control, screens.keep)
    connection = await authorise(visitor, stack.description.sandbox.recipient_url, tenant, identifier)
    screens.path = "amend-"
    await amend(visitor, identifier)
    screens.path = ""
    await withdraw(visitor, tenant, identifier, connection)
    await context.close()
