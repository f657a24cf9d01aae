"""The values that the recipient's pages show, derived from its records."""

from http import HTTPStatus
from typing import Any

from ops.sandbox.recipient.data import data_of
from ops.sandbox.recipient.data_language import CLUSTERS
from ops.sandbox.recipient.formats import objects
from ops.sandbox.recipient.records import Arrangement
from ops.sandbox.recipient.service_points import place

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
            data = data_of(answer) or data
    facts = _person_facts(data["person"]) if isinstance(data.get("person"), dict) else []
    if isinstance(data.get("organisation"), dict):
        facts = _organisation_facts(data["organisation"])
    return [(label, value) for label, value in facts if value]


def calls(arrangement: Arrangement) -> list[dict[str, Any]]:
    """Return the operations that were called, with the status and the pages of each answer."""
    return [
        {
            "title": answer.title,
            "path": answer.path,
            "status": answer.status,
            "ok": answer.status == HTTPStatus.OK,
            "pages": answer.pages,
        }
        for answer in arrangement.fetched
    ]


def not_shared(arrangement: Arrangement) -> list[str]:
    """Return the titles of the data clusters that were not granted. A detailed cluster includes the basic one."""
    granted = set(arrangement.scope.split())
    missing = [c for c in CLUSTERS if c.scope not in granted]
    details = {c.scope.replace(".detail:", ".basic:") for c in CLUSTERS if ".detail:" in c.scope}
    return [c.title for c in missing if c.scope not in details]


def _person_facts(details: dict[str, Any]) -> list[tuple[str, str]]:
    names = [details.get(part) for part in _NAME]
    flat = [name for part in names for name in (part if isinstance(part, list) else [part]) if name]
    return [("Name", " ".join(flat)), *_contact_facts(details)]


def _organisation_facts(details: dict[str, Any]) -> list[tuple[str, str]]:
    agent = " ".join(filter(None, (details.get("agentFirstName"), details.get("agentLastName"))))
    return [("Business", str(details.get("businessName") or "")), ("Represented by", agent), *_contact_facts(details)]


def _contact_facts(details: dict[str, Any]) -> list[tuple[str, str]]:
    phones = [str(phone.get("fullNumber") or "").removeprefix("tel:") for phone in objects(details.get("phoneNumbers"))]
    mails = [str(mail.get("address") or "") for mail in objects(details.get("emailAddresses"))]
    places = [place(address) for address in objects(details.get("physicalAddresses"))]
    return [("Phone", ", ".join(phones)), ("Email", ", ".join(mails)), ("Address", "; ".join(filter(None, places)))]
