"""The tenants of the running stack, read from `stack.json`."""

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ops.sandbox.register.models import DataHolderBrand

RESOURCE_PATH = "/cds-au/v1"
"""The part of a resource's path after the base URI of the Register (CDS, URI Structure)."""


class Tenant(msgspec.Struct, frozen=True, kw_only=True):
    """One tenant of `stack.json`, with the members that the sandbox uses."""

    slug: str
    name: str
    issuer: str
    public_base_uri: str
    resource_base_uri: str
    register_brand_id: str
    jwks_uri: str | None = None
    demonstration_customers: list[Any] = []
    demonstration_login: str | None = None


class _Stack(msgspec.Struct, frozen=True):
    tenants: list[Tenant] = []
    worker_settings_file: Path | None = None


class Tenants:
    """Reads `stack.json` again after each change of the file. While the file does not exist, there are no tenants."""

    def __init__(self, stack_file: Path) -> None:
        """Read from `stack_file`."""
        self._file = stack_file
        self._read_at: float | None = None
        self._stack = _Stack()
        self._changed = datetime.fromtimestamp(0, UTC)

    def all(self) -> list[Tenant]:
        """Return the tenants of the running stack."""
        return self._current().tenants

    def with_login(self) -> list[Tenant]:
        """Return the tenants at which a demonstration customer can sign in."""
        return [tenant for tenant in self.all() if tenant.demonstration_login]

    def settings_file(self) -> Path | None:
        """Return the path of the settings of the running stack's workers, or None when no stack runs."""
        return self._current().worker_settings_file

    def find(self, name: str) -> Tenant | None:
        """Return the tenant with this slug, Register brand id or issuer."""
        return next((t for t in self.all() if name in {t.slug, t.register_brand_id, t.issuer}), None)

    def holder_brands(self) -> list[DataHolderBrand]:
        """Return the tenants as data holder brands of the Register."""
        return [_holder_brand(tenant, self._changed) for tenant in self.all()]

    def _current(self) -> _Stack:
        try:
            modified = self._file.stat().st_mtime
            if modified != self._read_at:
                self._stack = msgspec.json.decode(self._file.read_bytes(), type=_Stack, dec_hook=_path)
                self._read_at = modified
                self._changed = datetime.fromtimestamp(modified, UTC)
        except FileNotFoundError:
            return _Stack()
        return self._stack


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise msgspec.ValidationError(f"Expected `{kind.__name__}`")


def _holder_brand(tenant: Tenant, changed: datetime) -> DataHolderBrand:
    return DataHolderBrand(
        data_holder_brand_id=tenant.register_brand_id,
        brand_name=tenant.name,
        legal_entity_id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"{tenant.issuer}#legal-entity")),
        legal_entity_name=f"{tenant.name} Pty Ltd"[:36],
        infosec_base_uri=tenant.issuer,
        public_base_uri=tenant.public_base_uri,
        resource_base_uri=tenant.resource_base_uri,
        jwks_endpoint=tenant.jwks_uri or f"{tenant.issuer}/jwks",
        website_uri=tenant.issuer,
        logo_uri=f"{tenant.issuer}/logo.svg",
        last_updated=changed,
    )
