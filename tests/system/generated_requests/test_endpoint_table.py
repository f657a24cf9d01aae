"""Every operation of the endpoint table for generated requests, right and wrong ones.

Each part of a request is valid as often as not, or more often, so that many requests succeed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import msgspec
import pytest
from hypothesis import strategies as st

from tenants.cds.envelope import Envelope, PaginatedEnvelope
from tenants.cds.resource_ids import read_id
from tenants.operations.endpoints import ENDPOINTS
from tenants.operations.filters import ChoiceFilter, DateFilter, Filter
from tenants.operations.models import NAMED_OWNERS, Endpoint, Owner
from tests.support.examples import for_examples
from tests.system.generated_requests.expectations import is_declared
from tests.system.generated_requests.sharing import Sharing

EXAMPLES = 32
OPERATIONS = [each for each in ENDPOINTS if each.served_versions]

header_values = st.binary(max_size=20).map(lambda value: value.translate(None, b"\r\n\0"))
words = st.text(max_size=12) | st.from_regex(r"\A[0-9]{1,30}\Z") | st.sampled_from(["0", "-1", "1e3", " 1", "٣", "%00"])
days = st.dates().map(str) | st.sampled_from(["2026-02-30", "0001-01-01", "9999-12-31", "2024-02-29", ""])
moments = st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()) | st.sampled_from(
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:60Z", "2026-01-01T00:00:00 10:00", "2026-01-01"]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


class Generated(NamedTuple):
    """A request."""

    path: str
    query: Sequence[tuple[str, str]]
    headers: Sequence[tuple[str, str | bytes]]
    content: bytes | None


def mostly(valid: st.SearchStrategy[Any], other: st.SearchStrategy[Any], *, of: int = 4) -> st.SearchStrategy[Any]:
    """Return a strategy that takes the other one once of some times."""
    return st.integers(1, of).flatmap(lambda chosen: other if chosen == of else valid)


def given_or_not(value: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Return a strategy for a parameter or a header: none, one, or sometimes two."""
    return mostly(st.lists(value, max_size=1), st.lists(value, min_size=2, max_size=2), of=12)


def values_of(by: Filter) -> st.SearchStrategy[str]:
    """Return a strategy for the values of a filter."""
    if isinstance(by, ChoiceFilter):
        return mostly(st.sampled_from(sorted(by.values)), words)
    return mostly(days if isinstance(by, DateFilter) else moments, words)


def header_fields(endpoint: Endpoint, auth_date: str) -> st.SearchStrategy[list[tuple[str, str | bytes]]]:
    """Return a strategy for the headers of a request."""
    versions = st.integers(0, endpoint.versions[-1].number + 2).map(str)
    valid: Mapping[str, st.SearchStrategy[Any]] = {
        "x-v": mostly(st.sampled_from(endpoint.served_versions).map(str), versions),
        "x-fapi-auth-date": st.just(auth_date),
        "content-type": st.sampled_from(["application/json", "application/json; charset=utf-8"]),
    }
    optional: Mapping[str, st.SearchStrategy[Any]] = {
        "x-min-v": versions,
        "x-fapi-interaction-id": st.uuids().map(str),
        "x-fapi-customer-ip-address": st.ip_addresses().map(str),
        "x-cds-client-headers": st.sampled_from(["", "VXNlci1BZ2VudDogYQ=="]),
        "accept": st.sampled_from(["application/json", "*/*", "application/json;q=0.5, text/*", "text/html"]),
        "x-cds-arrangement": st.uuids().map(str),
        "if-none-match": st.just("*"),
        "range": st.just("bytes=0-1"),
        "accept-encoding": st.just("gzip"),
        "x-junk": header_values,
    }
    fields = [
        _field(name, mostly(st.just([None]), given_or_not(header_values), of=12), by) for name, by in valid.items()
    ]
    fields += [
        _field(name, mostly(st.just([]), given_or_not(mostly(by, header_values))), by) for name, by in optional.items()
    ]
    return st.tuples(*fields).map(lambda lists: [pair for pairs in lists for pair in pairs])


def _field(
    name: str, given: st.SearchStrategy[list[Any]], valid: st.SearchStrategy[Any]
) -> st.SearchStrategy[list[tuple[str, Any]]]:
    """Return a strategy for the fields with a name. None among the given values stands for a valid one."""
    return st.tuples(given, valid).map(
        lambda drawn: [(name, drawn[1] if value is None else value) for value in drawn[0]]
    )


def bodies(member: str, ids: Sequence[str]) -> st.SearchStrategy[bytes]:
    """Return a strategy for the bodies of a request that names ids."""
    named = mostly(st.lists(st.sampled_from(ids)), st.lists(st.sampled_from(ids) | words, max_size=4))
    right = named.map(lambda chosen: msgspec.json.encode({"data": {member: chosen}, "meta": {}}))
    near = st.dictionaries(st.sampled_from(["data", "meta", member]), json_values).map(msgspec.json.encode)
    inner = json_values.map(lambda value: msgspec.json.encode({"data": {member: value}}))
    nested = [start + b"[" * 5000 for start in (b"", b'{"meta":{"a":', b'{"a":', b'{"data":{"a":')]
    other = st.sampled_from([*nested, b"\xff\xfe", b"", b"null"])
    return mostly(right, st.one_of(near, inner, other, st.binary(max_size=20), json_values.map(msgspec.json.encode)))


def requests(endpoint: Endpoint, known: Mapping[Owner, Sequence[str]], auth_date: str) -> st.SearchStrategy[Generated]:
    """Return a strategy for the requests of an operation."""
    resource = endpoint.resource
    assert resource is not None
    path, content = st.just(endpoint.path), st.none()
    if endpoint.ids_in is not None:
        owner = NAMED_OWNERS[resource.belongs_to]
        ids = known[resource.belongs_to]
        others = st.text(min_size=1, max_size=40).filter(lambda text: not set(text) & set("/") and text.strip("."))
        asked = mostly(
            st.sampled_from(ids), others | st.uuids().map(str) | st.sampled_from(ids).map(lambda one: one[:-1])
        )
        if endpoint.ids_in == "path":
            path = asked.map(lambda one: endpoint.path.replace(f"{{{owner.id_field}}}", quote(one, safe="")))
        else:
            content = bodies(owner.ids_member, ids)
    parameters = {by.parameter: values_of(by) for by in resource.filters}
    small = st.integers(1, 3).map(str)
    parameters |= {"page": mostly(small, words), "page-size": mostly(small | st.sampled_from(["1000", "1001"]), words)}
    lists = [mostly(st.just([]), given_or_not(st.tuples(st.just(name), by)), of=2) for name, by in parameters.items()]
    lists.append(mostly(st.just([]), st.lists(st.tuples(words, words), max_size=2)))
    query = st.tuples(*lists).map(lambda drawn: [pair for pairs in drawn for pair in pairs])
    return st.builds(Generated, path, query, header_fields(endpoint, auth_date), content)


def has_its_form(endpoint: Endpoint, response: httpx.Response) -> None:
    """Expect a successful response to have the payload type of its version."""
    number = int(response.headers["x-v"])
    [version] = [each for each in endpoint.versions if each.number == number]
    envelope: Any = PaginatedEnvelope if endpoint.paginated else Envelope
    msgspec.json.decode(response.content, type=envelope[version.payload], dec_hook=read_id)


@pytest.mark.parametrize("endpoint", OPERATIONS, ids=lambda endpoint: endpoint.operation)
async def test_every_generated_request_has_a_declared_response(sharing: Sharing, endpoint: Endpoint) -> None:
    """C-D24: a refusal has an error of the catalogue with its status. A success has the type of its version."""
    answered: Counter[int] = Counter()

    async def holds(request: Generated) -> None:
        response = await sharing.send(
            endpoint, request.path, query=request.query, headers=request.headers, content=request.content
        )
        is_declared(endpoint, response, sharing.nmis)
        answered[response.status_code] += 1
        if response.status_code == 200:
            has_its_form(endpoint, response)
            [asked] = [value for name, value in request.headers if name == "x-v"]
            assert int(response.headers["x-v"]) <= int(asked)

    await for_examples(requests(endpoint, sharing.known, sharing.auth_date), EXAMPLES, holds)
    assert answered[200] >= EXAMPLES // 8
    assert answered.total() > answered[200]
