"""Changes of a tenant's name, theme, contacts, settings and hosts, and the resulting values of the tenant."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from haas.settings import Host
from tenants.registry.errors import InvalidChange, InvalidHost
from tenants.registry.models import (
    MARKET_CHOICES,
    SWITCHES,
    CustomerKey,
    CustomerSource,
    MarketRate,
    ReceiptDays,
    RegisterAuthentication,
    Tenant,
    TenantSettings,
    TextMessageGateway,
    UpstreamServer,
    VelocityLimit,
)
from tenants.registry.names import checked_host, checked_name
from tenants.registry.surfaces import TenantSurface

CheckTheme = Callable[[str, Mapping[str, Any]], object]
"""Takes the name of a brand and its theme tokens. Raises a HaasError if they are not a valid theme."""

CONTACTS: Final = {"phone": "support_phone", "email": "support_email"}
"""The contacts of a brand, with the theme tokens in which they are stored."""
UPSTREAM_VALUES: Final = tuple(field.name for field in msgspec.structs.fields(UpstreamServer))
"""The values of the retailer's own server."""
GATEWAY_VALUES: Final = tuple(field.name for field in msgspec.structs.fields(TextMessageGateway))
"""The values of the brand's own gateway for text messages."""
_SERVERS: Final = {
    "upstream": ("the retailer's server", UPSTREAM_VALUES),
    "text_messages": ("the gateway for text messages", GATEWAY_VALUES),
}
"""The settings that are a server with several values."""
_TEXTS: Final = ("dkim_selector", "generic_plans_uri")
"""The settings that are one text."""
_SETS: Final = ("private_hosts", "dashboard_link_pages")
_CHOSEN: Final = ("customer_source", "register_authentication")
"""The settings that have one of several values."""
_NUMBERS: Final[Mapping[str, tuple[Any, str]]] = {
    "low_velocity_limit": (VelocityLimit | None, "a limit for low velocity data: 10 to 1000 calls"),
    "market_calls_per_second": (MarketRate | None, "a number of requests a second to AEMO: 1 to 1000"),
    "receipt_days_before_end": (ReceiptDays | None, "a number of days before an end: 1 to 90"),
}
"""The settings that are a number or None, with their types."""
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
    market: dict[str, str] = {}
    """Settings of MARKET_CHOICES."""
    private_hosts: dict[str, bool] = {}
    """Hosts that may have an address in a private network (true), or may not have one any more (false)."""
    customer_calls_counted_by: CustomerKey | None = None
    low_velocity_limit: int | None = None
    """A limit from 10 to 1000 calls; 0 removes the limit."""
    register_authentication: RegisterAuthentication | None = None
    dashboard_link_pages: dict[str, bool] = {}
    """Pages of the retailer's site that must link to the dashboard (true), or need not any more (false)."""
    dkim_selector: str | None = None
    """The selector of DKIM; an empty text removes it."""
    generic_plans_uri: str | None = None
    """Where Get Generic Plans is redirected to; an empty text removes it."""
    market_calls_per_second: int | None = None
    """A number from 1 to 1000 requests; 0 removes it."""
    receipt_days_before_end: int | None = None
    """A number from 1 to 90 days; 0 removes it."""
    customer_source: CustomerSource | None = None
    upstream: dict[str, str] = {}
    """Values of the retailer's own server (`UpstreamServer`), by field. An empty text removes a value. If all are
    removed, the tenant has no server."""
    text_messages: dict[str, str] = {}
    """Values of the brand's own gateway for text messages (`TextMessageGateway`), as for `upstream`."""
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
    theme = changed_theme(tenant, change)
    if theme != tenant.theme:
        check_theme(name, theme)
    unknown = set(change.switches) - set(SWITCHES)
    if unknown:
        raise InvalidChange(f"there is no switch {min(unknown)!r}; the switches are {', '.join(SWITCHES)}")
    for choice, value in change.market.items():
        if value not in MARKET_CHOICES.get(choice, ()):
            raise InvalidChange(f"the market settings are {_possible_choices()}")
    present = {switch: getattr(tenant.settings, switch) for switch in SWITCHES}
    choices = {choice: getattr(tenant.settings, choice) for choice in MARKET_CHOICES}
    _check_private_hosts(change)
    sets = {name: dict.fromkeys(sorted(getattr(tenant.settings, name)), True) for name in _SETS}
    wanted_sets = {name: _chosen({**present, **getattr(change, name)}) for name, present in sets.items()}
    limits = {name: getattr(tenant.settings, name) for name in ("customer_calls_counted_by", *_NUMBERS)}
    wanted_limits = {**limits, **_limits(change)}
    hosts = dict(tenant.surfaces())
    wanted_hosts = {**hosts, **{surface: checked_host(surface, host) for surface, host in change.hosts.items()}}
    servers = {server: _values_of(getattr(tenant.settings, server)) for server in _SERVERS}
    wanted_servers = {
        server: {name: value for name, value in {**values, **getattr(change, server)}.items() if value}
        for server, values in servers.items()
    }
    texts = {name: getattr(tenant.settings, name) for name in _TEXTS}
    wanted_texts = {**texts, **_texts(change)}
    source = {name: getattr(tenant.settings, name) for name in _CHOSEN}
    wanted_source = {name: getattr(change, name) or source[name] for name in _CHOSEN}
    detail = {
        "name": _differences({"name": tenant.name}, {"name": name}).get("name"),
        "theme": _differences(tenant.theme, theme),
        "switches": _differences(present, {**present, **change.switches}),
        "market": _differences(choices, {**choices, **change.market}),
        **{name: _differences(present, wanted_sets[name]) for name, present in sets.items()},
        "limits": _differences(limits, wanted_limits),
        **{server: _differences(values, wanted_servers[server]) for server, values in servers.items()},
        "texts": _differences(texts, wanted_texts),
        "source": _differences(source, wanted_source),
        "hosts": _differences(hosts, wanted_hosts),
    }
    settings: dict[str, Any] = {switch: change.switches[switch] for switch in detail["switches"] or ()}
    settings |= {name: wanted_limits[name] for name in detail["limits"] or ()}
    settings |= {choice: change.market[choice] for choice in detail["market"] or ()}
    settings |= {name: sorted(wanted_sets[name]) for name in _SETS if detail[name]}
    settings |= {server: wanted_servers[server] or None for server in _SERVERS if detail[server]}
    settings |= {name: wanted_texts[name] for name in detail["texts"] or ()}
    if detail["source"]:
        settings |= {name: wanted_source[name] for name in detail["source"]}
    _check_settings(tenant, settings)
    return Alterations(
        name=name if detail["name"] else None,
        theme=theme if detail["theme"] else None,
        settings=settings,
        hosts={surface: host for surface, host in wanted_hosts.items() if host != hosts[surface]},
        audit_detail={part: differences for part, differences in detail.items() if differences},
    )


def _texts(change: TenantChange) -> dict[str, str | None]:
    """Return the settings of one text that the change names. An empty text becomes None."""
    named = {name: getattr(change, name) for name in _TEXTS}
    return {name: text or None for name, text in named.items() if text is not None}


def _limits(change: TenantChange) -> dict[str, Any]:
    """Return the values of the settings of limits that the change names."""
    limits: dict[str, Any] = {}
    if change.customer_calls_counted_by is not None:
        limits["customer_calls_counted_by"] = change.customer_calls_counted_by
    for name, (kind, meaning) in _NUMBERS.items():
        number = getattr(change, name)
        if number is not None:
            try:
                limits[name] = msgspec.convert(number or None, kind)
            except msgspec.ValidationError:
                raise InvalidChange(f"{number} is not {meaning}, or 0 for none") from None
    return limits


def _possible_choices() -> str:
    return ", ".join(f"{choice}={'|'.join(values)}" for choice, values in MARKET_CHOICES.items())


def _values_of(server: UpstreamServer | TextMessageGateway | None) -> dict[str, str]:
    """Return the values of a server that are set, by field."""
    values = {} if server is None else msgspec.structs.asdict(server)
    return {name: value for name, value in values.items() if value is not None}


def _check_settings(tenant: Tenant, settings: Mapping[str, Any]) -> None:
    """Raise InvalidChange if the settings of the tenant would be invalid with the changed ones."""
    for server, (name, values) in _SERVERS.items():
        unknown = set(settings.get(server) or ()) - set(values)
        if unknown:
            raise InvalidChange(f"{name} has no value {min(unknown)!r}; its values are {', '.join(values)}")
    try:
        msgspec.convert({**msgspec.to_builtins(tenant.settings), **settings}, TenantSettings)
    except msgspec.ValidationError as error:
        raise InvalidChange(f"the settings would be invalid: {error}") from None


def _chosen(entries: Mapping[str, bool]) -> dict[str, bool]:
    return {name: True for name, is_chosen in entries.items() if is_chosen}


def _check_private_hosts(change: TenantChange) -> None:
    for name in change.private_hosts:
        try:
            msgspec.convert(name, Host)
        except msgspec.ValidationError:
            raise InvalidHost(f"{name!r} is not a host name in lower case") from None


def changed_theme(tenant: Tenant, change: TenantChange) -> dict[str, Any]:
    """Return the theme tokens of a tenant after a change, not checked yet. Raise InvalidChange."""
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
