"""The values that the recipient's pages show, derived from its records."""

from http import HTTPStatus
from typing import Any

import msgspec

from ops.sandbox.recipient.data_language import CLUSTERS
from ops.sandbox.recipient.records import Arrangement, Fetched

_NAME = ("prefix", "firstName", "middleNames", "lastName")


def shared_clusters(arrangement: Arrangement) -> list[str]:
    """Return the titles of the granted data clusters. A detailed scope replaces the basic scope of the same data."""
    granted = set(arrangement.scope.split())
    chosen = [c for c in CLUSTERS if c.scope in granted]
    replaced = {c.scope.replace(".detail:", ".basic:") for c in chosen if ".detail:" in c.scope}
    return [c.title for c in chosen if c.scope not in replaced]


def person(arrangement: Arrangement) -> list[tuple[str, str]]:
    """Return the customer's details as pairs of label and value."""
    data: dict[str, Any] = {}
    for answer in arrangement.fetched:
        if answer.path.startswith("/common/customer"):
            data = _data(answer) or data
    facts = _person_facts(data["person"]) if isinstance(data.get("person"), dict) else []
    if isinstance(data.get("organisation"), dict):
        facts = _organisation_facts(data["organisation"])
    return [(label, value) for label, value in facts if value]


def accounts(arrangement: Arrangement) -> list[dict[str, str]]:
    """Return the energy accounts that were fetched."""
    for answer in arrangement.fetched:
        if answer.path == "/energy/accounts":
            return [_account(account) for account in _data(answer).get("accounts", [])]
    return []


def documents(arrangement: Arrangement) -> list[dict[str, Any]]:
    """Return every response with its JSON indented."""
    return [
        {
            "title": answer.title,
            "path": answer.path,
            "status": answer.status,
            "ok": answer.status == HTTPStatus.OK,
            "json": msgspec.json.format(msgspec.json.encode(answer.body), indent=2).decode(),
        }
        for answer in arrangement.fetched
    ]


def _data(answer: Fetched) -> dict[str, Any]:
    if answer.status != HTTPStatus.OK or not isinstance(answer.body, dict):
        return {}
    data = answer.body.get("data")
    return data if isinstance(data, dict) else {}


def _person_facts(details: dict[str, Any]) -> list[tuple[str, str]]:
    names = [details.get(part) for part in _NAME]
    flat = [name for part in names for name in (part if isinstance(part, list) else [part]) if name]
    return [("Name", " ".join(flat)), *_contact_facts(details)]


def _organisation_facts(details: dict[str, Any]) -> list[tuple[str, str]]:
    agent = " ".join(filter(None, (details.get("agentFirstName"), details.get("agentLastName"))))
    return [("Business", str(details.get("businessName") or "")), ("Represented by", agent), *_contact_facts(details)]


def _contact_facts(details: dict[str, Any]) -> list[tuple[str, str]]:
    phones = [phone.get("fullNumber", "").removeprefix("tel:") for phone in details.get("phoneNumbers") or []]
    mails = [mail.get("address", "") for mail in details.get("emailAddresses") or []]
    places = [_place(place.get("simple") or {}) for place in details.get("physicalAddresses") or []]
    return [("Phone", ", ".join(phones)), ("Email", ", ".join(mails)), ("Address", "; ".join(filter(None, places)))]


def _place(simple: dict[str, Any]) -> str:
    return ", ".join(str(simple[part]) for part in ("addressLine1", "city", "state", "postcode") if simple.get(part))


def _account(account: dict[str, Any]) -> dict[str, str]:
    plans = [
        plan.get("nickname") or (plan.get("planOverview") or {}).get("displayName")
        for plan in account.get("plans") or []
    ]
    return {
        "name": str(account.get("displayName") or "Energy account"),
        "number": str(account.get("accountNumber") or ""),
        "status": str(account.get("openStatus") or "").capitalize(),
        "plans": ", ".join(str(plan) for plan in plans if plan),
    }
