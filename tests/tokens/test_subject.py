"""Pairwise subjects: one per sector and customer, the same for ever."""

from uuid import UUID, uuid4

import msgspec
import pytest

from tenants.clients.models import Registration
from tenants.grants.subject import pairwise, sector

KEY = bytes(range(32))
CUSTOMER = UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7")


@pytest.fixture
def registration() -> Registration:
    values = {name: "x" for name in Registration.__struct_fields__ if name not in Registration.__struct_defaults__}
    shapes = {"redirect_uris": (), "grant_types": (), "response_types": ()}
    algorithms = {name: "PS256" for name in values if name.endswith("_alg")}
    optional = dict.fromkeys(("sector_identifier_uri", "authorization_encrypted_response_alg"))
    return msgspec.convert({**values, **shapes, **algorithms, **optional, "software_id": "product"}, Registration)


def test_a_subject_is_a_version_4_uuid_and_never_changes() -> None:
    subject = pairwise(KEY, "software:product", CUSTOMER)
    assert UUID(subject).version == 4
    assert subject == pairwise(KEY, "software:product", CUSTOMER)


def test_subjects_differ_by_customer_sector_and_tenant() -> None:
    subjects = {
        pairwise(KEY, "software:product", CUSTOMER),
        pairwise(KEY, "software:product", uuid4()),
        pairwise(KEY, "software:other", CUSTOMER),
        pairwise(bytes(32), "software:product", CUSTOMER),
    }
    assert len(subjects) == 4


def test_the_sector_is_the_host_of_the_registered_sector_identifier_else_the_product(
    registration: Registration,
) -> None:
    assert sector(registration) == "software:product"
    shared = msgspec.structs.replace(registration, sector_identifier_uri="https://sector.example:8443/list.json")
    assert sector(shared) == "sector:sector.example"
    assert sector(msgspec.structs.replace(registration, software_id="sector:sector.example")) != sector(shared)
