"""Changes of a tenant's name, theme, contacts, switches and hosts, and the resulting values of the tenant."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from haas.settings import Host
from tenants.registry.errors import InvalidChange, InvalidHost
from tenants.registry.models import SWITCHES, Tenant
from tenants.registry.names import checked_host, checked_name
from tenants.registry.surfaces import TenantSurface

CheckTheme = Callable[[str, Mapping[str, Any]], object]
"""Takes the name of a brand and its theme tokens. Raises a HaasError if they are not a valid theme."""

CONTACTS: Final = {"phone": "support_phone", "email": "support_email"}
"""The contacts of a brand, with the theme tokens in which they are stored."""
_BRAND_NAME: Final = "brand_name"
"""The theme token that pages show instead of the name of the tenant."""


class TenantChange(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    forbid_unknown_fields=True,
    tag="set-tenant",
    tag_field="change",
):
    """What to change. What it does not name is kept. It can be the `arguments` of a request to the provisioner."""

    name: str | None = None
    theme: dict[str, Any] | None = None
    """All theme tokens. Contacts that they do not contain are kept."""
    contacts: dict[str, str] = {}
    """Contacts of CONTACTS. An empty text removes a contact."""
    switches: dict[str, bool] = {}
    """Settings of SWITCHES."""
    private_hosts: dict[str, bool] = {}
    """Hosts that may have an address in a private network (true), or may not have one any more (false)."""
    hosts: dict[TenantSurface, str] = {}
    move_endpoints: bool = False
    """Whether the secure host may be changed although data recipients are registered."""


class ChangedTenant(msgspec.Struct, frozen=True, kw_only=True):
    """A tenant before and after a change. Both are equal if there was nothing to change."""

    before: Tenant
    after: Tenant


class Alterations(msgspec.Struct, frozen=True, kw_only=True):
    """The values of a tenant that differ after a change, and what the row of the audit table says about them."""

    name: str | None
    theme: dict[str, Any] | None
    settings: dict[str, Any]
    hosts: dict[TenantSurface, str]
    audit_detail: dict[str, Any]


def alterations(tenant: Tenant, change: TenantChange, check_theme: CheckTheme) -> Alterations:
    """Return what a change alters of a tenant.

    Raise InvalidName, InvalidHost, InvalidChange, or what `check_theme` raises.

    A new name also replaces a name in the theme, because pages show that one. A theme of the same change may contain
    another name.
    """
    name = tenant.name if change.name is None else checked_name(change.name)
    theme = _theme(tenant, change)
    if theme != tenant.theme:
        check_theme(name, theme)
    unknown = set(change.switches) - set(SWITCHES)
    if unknown:
        raise InvalidChange(f"there is no switch {min(unknown)!r}; the switches are {', '.join(SWITCHES)}")
    present = {switch: getattr(tenant.settings, switch) for switch in SWITCHES}
    private = dict.fromkeys(sorted(tenant.settings.private_hosts), True)
    wanted_private = _private_hosts(private, change)
    hosts = dict(tenant.surfaces())
    wanted_hosts = {**hosts, **{surface: checked_host(surface, host) for surface, host in change.hosts.items()}}
    detail = {
        "name": _differences({"name": tenant.name}, {"name": name}).get("name"),
        "theme": _differences(tenant.theme, theme),
        "switches": _differences(present, {**present, **change.switches}),
        "private_hosts": _differences(private, wanted_private),
        "hosts": _differences(hosts, wanted_hosts),
    }
    settings: dict[str, Any] = {switch: change.switches[switch] for switch in detail["switches"] or ()}
    if detail["private_hosts"]:
        settings["private_hosts"] = sorted(wanted_private)
    return Alterations(
        name=name if detail["name"] else None,
        theme=theme if detail["theme"] else None,
        settings=settings,
        hosts={surface: host for surface, host in wanted_hosts.items() if host != hosts[surface]},
        audit_detail={part: differences for part, differences in detail.items() if differences},
    )


def _private_hosts(present: Mapping[str, bool], change: TenantChange) -> dict[str, bool]:
    """Return the hosts that may have an address in a private network after the change, each with the value true."""
    for name in change.private_hosts:
        try:
            msgspec.convert(name, Host)
        except msgspec.ValidationError:
            raise InvalidHost(f"{name!r} is not a host name in lower case") from None
    return {name: True for name, is_private in {**present, **change.private_hosts}.items() if is_private}


def _theme(tenant: Tenant, change: TenantChange) -> dict[str, Any]:
    """Return the theme tokens after the change."""
    unknown = set(change.contacts) - set(CONTACTS)
    if unknown:
        raise InvalidChange(f"there is no contact {min(unknown)!r}; the contacts are {', '.join(CONTACTS)}")
    theme = dict(tenant.theme)
    if change.theme is not None:
        kept = {token: theme[token] for token in CONTACTS.values() if token in theme}
        theme = {**kept, **change.theme}
    elif change.name is not None:
        theme.pop(_BRAND_NAME, None)
    if change.contacts and not theme:
        raise InvalidChange(f"{tenant.slug} has no theme, and contacts belong to a theme: give a theme too")
    for contact, text in change.contacts.items():
        theme[CONTACTS[contact]] = text
        if not text:
            del theme[CONTACTS[contact]]
    return theme


def _differences(before: Mapping[Any, Any], after: Mapping[Any, Any]) -> dict[str, Any]:
    """Return the entries that differ, each with its value before and after. A missing value is None."""
    names = [*before, *(name for name in after if name not in before)]
    return {
        name: {"from": before.get(name), "to": after.get(name)} for name in names if before.get(name) != after.get(name)
    }
