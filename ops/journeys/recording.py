"""Records how people authorise, amend and withdraw with a theme, on an embedded stack (CDR Rules 9.3(1)(g))."""

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import NamedTuple

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
from ops.stack.description import TenantDescription
from ops.stack.embedded import running
from ops.stack.options import WITHOUT_TRAFFIC_LIMIT, Options
from themes.palettes import SchemeName


async def record(brand: DemonstrationBrand, state: Path, folder: Path, progress: Progress) -> None:
    """Go through the three paths on each device and in each colour scheme, and write the screens into `folder`.

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
        [tenant] = stack.description.tenants
        recorder = _Recorder(chromium, tenant, stack.description.sandbox.recipient_url, outside.control, folder)
        for number, (device, scheme) in enumerate(product(DEVICES, brand.theme.schemes)):
            progress.line(f"Screens on a {device} in {scheme} colours")
            identifier = str(tenant.demonstration_customers[number]["identifier"])
            await recorder.record(device, scheme, identifier)


class _Screens:
    """Writes the screens of one person, with their numbers."""

    def __init__(self, folder: Path, name: str, colours: str) -> None:
        self._folder, self._name, self._colours = folder, name, colours
        self._shown = 0
        self.path = ""
        """What the names of the screens have before their numbers: the path that is not the first one."""

    async def keep(self, page: Page, screen: str) -> None:
        self._shown += 1
        name = f"{self._name}-{self._colours}{self.path}{self._shown:02}-{screen}.png"
        write_atomically(self._folder / name, await whole_page(page), PUBLIC)


class _Recorder(NamedTuple):
    """Records the paths of people who have shared nothing yet."""

    chromium: Browser
    tenant: TenantDescription
    recipient_url: str
    control: SandboxControl
    folder: Path

    async def record(self, device: str, scheme: SchemeName, identifier: str) -> None:
        """Write the screens of the three paths of one person."""
        context = await self.chromium.new_context(
            **DEVICES[device], color_scheme=scheme, locale="en-AU", reduced_motion="reduce", java_script_enabled=False
        )
        colours = "dark-" if scheme == "dark" else ""
        screens = _Screens(self.folder, f"{self.tenant.slug}-{device}", colours)
        visitor = Visitor(await context.new_page(), self.control, screens.keep)
        connection = await authorise(visitor, self.recipient_url, self.tenant, identifier)
        screens.path = "amend-"
        await amend(visitor, identifier)
        screens.path = ""
        await withdraw(visitor, self.tenant, identifier, connection)
        await context.close()
