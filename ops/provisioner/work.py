"""The work on one request to the provisioner.

Each kind of request can be started again after the process was killed at any point. Steps that the first attempt has
completed are recognised and not repeated. Steps that it has not completed are completed or undone.
"""

import msgspec

from haas.clock import Clock
from haas.database import Database
from haas.errors import HaasError
from haas.jose import KeySealer
from haas.progress import Progress
from haas.settings import ProvisionerSettings
from ops.migrations import run
from ops.migrations.bootstrap import bootstrap
from ops.migrations.chains import TENANT
from tenants.keys.rotation import PUBLISHED_AFTER_USE, KeyRotation
from tenants.provisioning.administration import Administration
from tenants.provisioning.models import (
    STATUS,
    DeploymentChange,
    ProvisionRequest,
    PublishTheme,
    PutRegisterEnvironment,
    Resume,
    RotateKeys,
    SaveTheme,
    SetNodeState,
    Suspend,
)
from tenants.provisioning.service import Provisioner
from tenants.provisioning.tenant_changes import TenantChange
from tenants.registry.errors import UnknownTenant
from tenants.registry.models import NewTenant
from themes.files import with_files
from themes.tokens import check_theme


class MigrationIncomplete(HaasError):
    """The schemas of some tenants were not migrated. The message names them."""


class Work:
    """Executes requests, with the owner's login and the master key."""

    def __init__(self, settings: ProvisionerSettings, owner: Database, clock: Clock) -> None:
        """`owner` is a Database that was opened with the owner's URLs."""
        self._settings = settings
        self._sealer = KeySealer(settings.master_key)
        self._administration = Administration(owner, settings, clock)
        self._provisioner = Provisioner(owner, settings, self._sealer, clock, TENANT.script())

    async def run(self, request: ProvisionRequest, progress: Progress) -> str:
        """Execute a request, for the first time or after an interrupted attempt. Return a text that says what was done.

        Raise HaasError with the reason if it cannot be done.
        """
        match request.kind:
            case "create":
                return await self._create(request)
            case "remove":
                return await self._remove(request)
            case "change":
                return await self._change(request)
            case "migrate":
                return await (self._status() if request.subject == STATUS else self._migrate(progress))

    async def _create(self, request: ProvisionRequest) -> str:
        new = msgspec.convert(request.arguments, NewTenant)
        # The tenant has the id of the request. So a later attempt recognises what an earlier one has created.
        tenant = await self._administration.undo_creation(new.slug, request.id, actor=request.asked_by)
        if tenant is None:
            tenant = await self._provisioner.create(new, actor=request.asked_by, tenant_id=request.id)
        return f"created {tenant.slug}"

    async def _remove(self, request: ProvisionRequest) -> str:
        try:
            await self._administration.remove(request.subject, actor=request.asked_by)
        except UnknownTenant:
            if request.progress is None:
                raise
            # An earlier attempt at this request has removed the tenant: only one request for a tenant can be open.
        return f"removed {request.subject}"

    async def _change(self, request: ProvisionRequest) -> str:
        change, actor = msgspec.convert(request.arguments, DeploymentChange), request.asked_by
        match change:
            case Suspend():
                await self._administration.suspend(request.subject, actor=actor)
            case Resume():
                await self._administration.resume(request.subject, actor=actor)
            case TenantChange():
                # If an earlier attempt has made the change, the values are equal and nothing is changed again.
                await self._administration.change(request.subject, change, actor=actor, check_theme=check_theme)
            case SaveTheme():
                # If an earlier attempt has saved it, the newest version has the same tokens.
                theme, files = with_files(change.theme, change.files)
                number = await self._administration.save_theme(
                    request.subject, theme, files=files, note=change.note, actor=actor, check_theme=check_theme
                )
                return f"version {number} is saved"
            case PublishTheme():
                published = await self._administration.publish_theme(
                    request.subject, change.number, actor=actor, check_theme=check_theme
                )
                is_repeated = request.progress is not None  # an earlier attempt can have published it
                done = "is published" if published or is_repeated else "was published already: nothing was changed"
                return f"version {change.number} {done}"
            case SetNodeState():
                await self._administration.set_node_state(change.node, change.state, actor=actor)
            case PutRegisterEnvironment():
                await self._administration.put_register_environment(change.environment, actor=actor)
            case RotateKeys():
                # A second rotation would retire keys that have not been used yet.
                since = None if request.progress is None else request.asked_at
                rotated = await self._administration.rotate_keys(
                    request.subject, self._sealer, actor=actor, compromised=change.compromised, unless_since=since
                )
                return _rotation(rotated, compromised=change.compromised)
        return f"changed {request.subject}"

    async def _migrate(self, progress: Progress) -> str:
        await bootstrap(self._settings, progress)
        result = await run.migrate_tenants(self._settings, progress)
        summary = f"{len(result.migrated)} migrated, {len(result.current)} up to date, {len(result.failed)} failed"
        if result.failed:
            failures = "".join(f"\n  {failure.slug}: {failure.reason}" for failure in result.failed)
            raise MigrationIncomplete(
                f"{summary}{failures}\ncorrect the reported errors, then run `haas migrate` again: it migrates the"
                " tenants that failed"
            )
        return summary

    async def _status(self) -> str:
        return msgspec.json.encode(await run.status(self._settings)).decode()


def _rotation(rotated: list[KeyRotation], *, compromised: bool) -> str:
    hours = round(PUBLISHED_AFTER_USE.total_seconds() / 3600)
    ending = "no longer published" if compromised else f"published for {hours} more hours"
    lines = [
        f"{each.algorithm}: {each.current} signs now; {each.retired} is {ending}; next is {each.next}"
        for each in rotated
    ]
    return "\n".join(lines) or "the keys were rotated"
