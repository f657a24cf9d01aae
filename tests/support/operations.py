"""The requests of an operation."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ops.sandbox.recipient.client import RecipientClient
from tenants.operations.models import NAMED_OWNERS, Endpoint, Owner

JSON = {"Content-Type": "application/json"}
ALL = {"page-size": "1000"}
"""The parameter of a page that contains everything."""


def requests(endpoint: Endpoint, known: Mapping[Owner, Sequence[str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the path and the options of each request by which an operation gives everything.

    `known` are the recipient's ids of the accounts and service points: an operation whose path has an id is asked for
    each of them, and one whose body has ids for all of them at once.
    """
    owner = endpoint.resource.belongs_to if endpoint.resource else "brand"
    options: dict[str, Any] = {"method": endpoint.method}
    match endpoint.ids_in:
        case None:
            yield endpoint.path, options
        case "body":
            body = {"data": {NAMED_OWNERS[owner].ids_member: known[owner]}, "meta": {}}
            yield endpoint.path, {**options, "content": msgspec.json.encode(body), "headers": JSON}
        case "path":
            for identifier in known[owner]:
                yield endpoint.path.replace(f"{{{NAMED_OWNERS[owner].id_field}}}", identifier), options


async def known_ids(client: RecipientClient, token: str) -> dict[Owner, list[str]]:
    """Return the recipient's ids of all accounts and service points that an access token discloses."""
    accounts = await client.resource("/energy/accounts", token, version=2, params=ALL)
    points = await client.resource("/energy/electricity/servicepoints", token, version=2, params=ALL)
    return {
        "account": [account["accountId"] for account in accounts.json()["data"]["accounts"]],
        "service-point": [point["servicePointId"] for point in points.json()["data"]["servicePoints"]],
    }
