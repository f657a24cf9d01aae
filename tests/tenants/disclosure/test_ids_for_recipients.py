"""The ids that a recipient sees for a customer (CDS, ID Permanence), for generated ids and contexts."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from haas.jose import Siv
from tenants.cds.resource_ids import AccountId, ResourceId, ServicePointId
from tenants.disclosure.ids_for_recipients import InvalidResourceId, ResourceIds

repeated = settings(deadline=None, database=None, derandomize=True, max_examples=60)
kinds = st.sampled_from([AccountId, ServicePointId])
keys = st.sampled_from([bytes(range(start, start + 64)) for start in (0, 64, 128)])
contexts = st.tuples(keys, st.text(min_size=1, max_size=12), st.uuids())
Context = tuple[bytes, str, UUID]


def ids_of(context: Context) -> ResourceIds:
    key, software_id, customer_id = context
    return ResourceIds(Siv(key), software_id, customer_id)


@repeated
@given(contexts, kinds, st.uuids())
def test_an_id_leads_back_to_its_object_and_is_the_same_in_every_call(
    context: Context, kind: type[ResourceId], internal: UUID
) -> None:
    made = ids_of(context)
    concealed = made.conceal(kind(str(internal)))
    assert made.conceal(kind(str(internal))) == ids_of(context).conceal(kind(str(internal))) == concealed
    assert ids_of(context).reveal(kind, concealed) == internal
    assert internal.hex not in concealed
    assert str(internal) not in concealed


@repeated
@given(contexts, contexts, kinds, st.uuids(), st.sampled_from(["key", "software product", "customer", "kind"]))
def test_an_id_is_refused_for_another_key_product_customer_or_kind(
    context: Context, other: Context, kind: type[ResourceId], internal: UUID, differs: str
) -> None:
    position = {"key": 0, "software product": 1, "customer": 2}.get(differs)
    asked: Any = context if position is None else (*context[:position], other[position], *context[position + 1 :])
    assume(position is None or asked != context)
    other_kind: type[ResourceId] = ServicePointId if kind is AccountId else AccountId
    asked_kind = other_kind if position is None else kind
    concealed = ids_of(context).conceal(kind(str(internal)))
    with pytest.raises(InvalidResourceId):
        ids_of(asked).reveal(asked_kind, concealed)
    assert ids_of(asked).conceal(asked_kind(str(internal))) != concealed


@repeated
@given(contexts, kinds, st.uuids(), st.data())
def test_an_id_that_was_changed_is_refused(
    context: Context, kind: type[ResourceId], internal: UUID, data: st.DataObject
) -> None:
    ids = ids_of(context)
    concealed = ids.conceal(kind(str(internal)))
    first = data.draw(st.integers(0, len(concealed) - 1))
    last = data.draw(st.integers(first, min(first + 3, len(concealed))))
    changed = concealed[:first] + data.draw(st.text(max_size=3)) + concealed[last:]
    assume(changed != concealed)
    with pytest.raises(InvalidResourceId):
        ids.reveal(kind, changed)
