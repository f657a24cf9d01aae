"""The SQL of the registry."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from sqlalchemy import RowMapping, Select, func, select, update
from sqlalchemy.dialects.postgresql import insert

from haas.database import Namespace, Statement, Transaction
from haas.settings import Settings
from tenants.registry.models import (
    NodeState,
    RegisterEnvironment,
    Tenant,
    TenantSettings,
    TenantState,
    ThemeFile,
    ThemeVersion,
)
from tenants.registry.names import Hosts
from tenants.registry.surfaces import TenantSurface
from tenants.registry.tables import (
    audit,
    brand,
    database_node,
    host,
    register_environment,
    retailer,
    revision,
    theme_file,
    theme_version,
)

SERVED: Final[tuple[TenantState, ...]] = ("active", "suspended")
"""The states in which the application and the workers serve a tenant."""

logger = logging.getLogger(__name__)
_REVISION = Statement(select(revision.c.number))
# A tenant and its hosts are read by one statement: others can be created and removed between two.
_HOSTS = (
    select(func.jsonb_object_agg(host.c.surface, host.c.name))
    .where(host.c.brand_id == brand.c.id)
    .scalar_subquery()
    .label("hosts")
)
_TENANTS = (
    select(brand, retailer.c.legal_name, register_environment, _HOSTS)
    .join(retailer, retailer.c.id == brand.c.retailer_id)
    .join(register_environment, register_environment.c.id == brand.c.register_environment_id)
    .order_by(brand.c.slug)
)


async def revision_number(tx: Transaction) -> int | None:
    """Return the number that each change of the registry increases, or None before the deployment is bootstrapped."""
    row = await tx.row(_REVISION)
    return None if row is None else row["number"]


async def advance_revision(tx: Transaction) -> None:
    """Increase the revision, so that every process reads the registry again."""
    await tx.execute(revision.update().values(number=revision.c.number + 1))


async def tenants(tx: Transaction, settings: Settings) -> list[Tenant]:
    """Return the tenants in every state, ordered by slug."""
    return await _tenants(tx, settings, _TENANTS)


async def served_tenants(tx: Transaction, settings: Settings) -> list[Tenant]:
    """Return the active and suspended tenants, ordered by slug."""
    return await _tenants(tx, settings, _TENANTS.where(brand.c.state.in_(SERVED)))


async def tenant(tx: Transaction, settings: Settings, slug: str) -> Tenant | None:
    """Return the tenant with the slug, in any state, or None."""
    found = await _tenants(tx, settings, _TENANTS.where(brand.c.slug == slug))
    return found[0] if found else None


async def _tenants(tx: Transaction, settings: Settings, brands: Select[Any]) -> list[Tenant]:
    found = (await tx.execute(brands)).mappings()
    built = (_tenant(values, Hosts(**values["hosts"]), settings) for values in found)
    return [each for each in built if each is not None]


def _tenant(values: RowMapping, hosts: Hosts, settings: Settings) -> Tenant | None:
    """Return the tenant of a row, or None if its settings are invalid, so that the other tenants are still served."""
    try:
        chosen = msgspec.convert(values[brand.c.settings], TenantSettings)
    except msgspec.ValidationError as error:
        reason = {"tenant": values[brand.c.slug], "reason": str(error)}
        logger.error("registry.settings_unreadable", extra=reason)  # noqa: TRY400 - `reason` suffices
        return None
    return Tenant(
        id=values[brand.c.id],
        slug=values[brand.c.slug],
        name=values[brand.c.name],
        state=values[brand.c.state],
        retailer=values[retailer.c.legal_name],
        namespace=Namespace(values[brand.c.schema_name], values[brand.c.role_name], values[brand.c.node]),
        theme=values[brand.c.theme],
        settings=chosen,
        register_brand_id=values[brand.c.register_brand_id],
        register_environment=RegisterEnvironment(
            id=values[register_environment.c.id],
            public_base_uri=values[register_environment.c.public_base_uri],
            secure_base_uri=values[register_environment.c.secure_base_uri],
            jwks_uri=values[register_environment.c.jwks_uri],
        ),
        hosts=hosts,
        issuer=settings.origin(hosts.public),
        secure_base=settings.origin(hosts.secure),
        admin_base=settings.origin(hosts.admin),
        management_base=settings.origin(hosts.management),
    )


async def existing_brands(tx: Transaction, brand_ids: Collection[UUID]) -> set[UUID]:
    """Return those of the ids that belong to a tenant, in any state."""
    return set((await tx.execute(select(brand.c.id).where(brand.c.id.in_(brand_ids)))).scalars())


async def get_or_add_retailer(tx: Transaction, legal_name: str, now: datetime) -> UUID:
    """Return the id of the retailer with the legal name. Add the retailer if it is new."""
    new = insert(retailer).values(id=uuid4(), legal_name=legal_name, created_at=now)
    await tx.execute(new.on_conflict_do_nothing(index_elements=[retailer.c.legal_name]))
    found: UUID = (await tx.execute(select(retailer.c.id).where(retailer.c.legal_name == legal_name))).scalar_one()
    return found


async def insert_brand(tx: Transaction, values: dict[str, Any], hosts: Hosts) -> None:
    """Add a brand and its hosts."""
    await tx.execute(brand.insert(), values)
    names = msgspec.structs.asdict(hosts)
    await tx.execute(
        host.insert(),
        [{"name": name, "surface": surface, "brand_id": values["id"]} for surface, name in names.items()],
    )


async def set_state(tx: Transaction, brand_id: UUID, state: TenantState, now: datetime) -> None:
    """Change the state of a brand."""
    await tx.execute(brand.update().where(brand.c.id == brand_id).values(state=state, state_at=now))


async def lock_settings(tx: Transaction, slug: str) -> dict[str, Any] | None:
    """Lock a brand until the transaction ends, and return its settings as stored. Return None if there is no brand."""
    query = select(brand.c.settings).where(brand.c.slug == slug).with_for_update()
    found: dict[str, Any] | None = (await tx.execute(query)).scalar_one_or_none()
    return found


async def update_brand(tx: Transaction, brand_id: UUID, values: dict[str, Any]) -> None:
    """Change the columns `values` of a brand."""
    await tx.execute(brand.update().where(brand.c.id == brand_id).values(values))


async def theme_versions(tx: Transaction, brand_id: UUID) -> list[ThemeVersion]:
    """Return the versions of a brand's theme, the newest first."""
    columns = [theme_version.c[field.name] for field in msgspec.structs.fields(ThemeVersion)]
    query = select(*columns).where(theme_version.c.brand_id == brand_id).order_by(theme_version.c.number.desc())
    return [ThemeVersion(**row) for row in (await tx.execute(query)).mappings()]


async def theme_of_version(tx: Transaction, brand_id: UUID, number: int) -> dict[str, Any] | None:
    """Return the theme tokens of a version, or None if there is no version with the number."""
    of_number = (theme_version.c.brand_id == brand_id, theme_version.c.number == number)
    found: dict[str, Any] | None = (await tx.execute(select(theme_version.c.theme).where(*of_number))).scalar()
    return found


async def insert_theme_version(
    tx: Transaction, brand_id: UUID, theme: Mapping[str, Any], *, note: str | None, actor: str, now: datetime
) -> int:
    """Add a version, which is a draft, and return its number. The caller has locked the brand, or has just added it."""
    newest = select(func.max(theme_version.c.number)).where(theme_version.c.brand_id == brand_id)
    number: int = ((await tx.execute(newest)).scalar() or 0) + 1
    values = {"brand_id": brand_id, "number": number, "theme": theme, "note": note, "made_at": now, "made_by": actor}
    await tx.execute(theme_version.insert(), values)
    return number


async def set_published(tx: Transaction, brand_id: UUID, number: int, *, actor: str, now: datetime) -> None:
    """Mark a version as the published one. The caller has locked the brand, or has just added it."""
    newest = select(func.max(theme_version.c.publication)).where(theme_version.c.brand_id == brand_id)
    publication = ((await tx.execute(newest)).scalar() or 0) + 1
    of_number = theme_version.update().where(theme_version.c.brand_id == brand_id, theme_version.c.number == number)
    await tx.execute(of_number.values(publication=publication, published_at=now, published_by=actor))


async def restore_themes(
    tx: Transaction, brand_id: UUID, versions: Sequence[dict[str, Any]], files: Sequence[dict[str, Any]]
) -> None:
    """Add all versions and files of the themes of a brand that has none, as they were in a backup."""
    for table, rows in ((theme_version, versions), (theme_file, files)):
        if rows:
            await tx.execute(table.insert(), [{"brand_id": brand_id, **row} for row in rows])


async def put_theme_file(tx: Transaction, brand_id: UUID, file: ThemeFile, now: datetime) -> None:
    """Store a file of a brand's themes, unless it is stored already."""
    values = {"brand_id": brand_id, **msgspec.structs.asdict(file), "made_at": now}
    await tx.execute(insert(theme_file).values(values).on_conflict_do_nothing())


async def load_theme_file(tx: Transaction, brand_id: UUID, digest: str) -> ThemeFile | None:
    """Return a file of a brand's themes, or None if there is none with the digest."""
    columns = (theme_file.c.digest, theme_file.c.media_type, theme_file.c.content)
    query = select(*columns).where(theme_file.c.brand_id == brand_id, theme_file.c.digest == digest)
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else ThemeFile(**row)


async def rename_hosts(tx: Transaction, brand_id: UUID, names: Mapping[TenantSurface, str]) -> None:
    """Change the host names of a brand. Its old names become free. Raise IntegrityError if another brand has a name."""
    for surface, name in names.items():
        of_surface = host.update().where(host.c.brand_id == brand_id, host.c.surface == surface)
        await tx.execute(of_surface.values(name=name))


async def end_preparation(tx: Transaction, brand_id: UUID, now: datetime) -> bool:
    """Change a brand from `preparing` to `active`. Return False if it was not `preparing` any more."""
    preparing = brand.update().where(brand.c.id == brand_id, brand.c.state == "preparing")
    changed = await tx.execute(preparing.values(state="active", state_at=now).returning(brand.c.id))
    return changed.scalar_one_or_none() is not None


async def abandon_preparation(tx: Transaction, brand_id: UUID, now: datetime) -> bool:
    """Change a brand from `preparing` to `leaving`. Return False if it is complete or does not exist."""
    incomplete = brand.update().where(brand.c.id == brand_id, brand.c.state.in_(("preparing", "leaving")))
    changed = await tx.execute(incomplete.values(state="leaving", state_at=now).returning(brand.c.id))
    return changed.scalar_one_or_none() is not None


async def delete_brand(tx: Transaction, brand_id: UUID) -> bool:
    """Delete a brand, its hosts, and its retailer if it has no other brand. Return False if there is no such brand."""
    deleted = await tx.execute(brand.delete().where(brand.c.id == brand_id).returning(brand.c.retailer_id))
    owner = deleted.scalar_one_or_none()
    if owner is None:
        return False
    others = select(brand.c.id).where(brand.c.retailer_id == owner).exists()
    await tx.execute(retailer.delete().where(retailer.c.id == owner, ~others))
    return True


async def nodes(tx: Transaction) -> dict[str, NodeState]:
    """Return the states of the database nodes by node id."""
    rows = await tx.execute(select(database_node.c.id, database_node.c.state).order_by(database_node.c.id))
    return {row.id: row.state for row in rows}


async def set_node_state(tx: Transaction, node: str, state: NodeState) -> bool:
    """Change the state of a database node. Return False if there is no node with the id."""
    changed = update(database_node).where(database_node.c.id == node).values(state=state)
    return (await tx.execute(changed.returning(database_node.c.id))).scalar_one_or_none() is not None


async def register_environments(tx: Transaction) -> list[RegisterEnvironment]:
    """Return the register environments, ordered by id."""
    columns = [register_environment.c[field.name] for field in msgspec.structs.fields(RegisterEnvironment)]
    rows = await tx.execute(select(*columns).order_by(register_environment.c.id))
    return [RegisterEnvironment(**row) for row in rows.mappings()]


async def put_register_environment(tx: Transaction, environment: RegisterEnvironment) -> None:
    """Add a register environment, or replace its addresses."""
    values = {
        "public_base_uri": environment.public_base_uri,
        "secure_base_uri": environment.secure_base_uri,
        "jwks_uri": environment.jwks_uri,
    }
    new = insert(register_environment).values(id=environment.id, **values)
    await tx.execute(new.on_conflict_do_update(index_elements=[register_environment.c.id], set_=values))


async def append_audit(
    tx: Transaction, *, actor: str, action: str, subject: str, now: datetime, detail: dict[str, Any] | None = None
) -> None:
    """Add a row to the audit table of the control schema."""
    values = {
        "id": uuid4(),
        "at": now,
        "actor": actor,
        "action": action,
        "subject": subject,
        "detail": detail or {},
    }
    await tx.execute(audit.insert(), values)
