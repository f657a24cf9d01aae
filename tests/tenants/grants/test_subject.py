"""Pairwise subjects: one for each sector and customer, which never changes."""

from uuid import UUID, uuid4

from tenants.grants.subject import pairwise_subject, sector

KEY = bytes(range(32))
CUSTOMER = UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7")


def test_a_subject_is_a_version_4_uuid_and_never_changes() -> None:
    subject = pairwise_subject(KEY, "software:product", CUSTOMER)
    assert UUID(subject).version == 4
    assert subject == pairwise_subject(KEY, "software:product", CUSTOMER)


def test_subjects_differ_by_customer_sector_and_tenant() -> None:
    subjects = {
        pairwise_subject(KEY, "software:product", CUSTOMER),
        pairwise_subject(KEY, "software:product", uuid4()),
        pairwise_subject(KEY, "software:other", CUSTOMER),
        pairwise_subject(bytes(32), "software:product", CUSTOMER),
    }
    assert len(subjects) == 4


def test_the_sector_is_the_host_of_the_registered_sector_identifier_else_the_product() -> None:
    assert sector(None, "product") == "software:product"
    assert sector("https://sector.example:8443/list.json", "product") == "sector:sector.example"


def test_a_product_cannot_take_the_sector_of_a_host_by_its_id() -> None:
    assert sector(None, "sector:sector.example") != sector("https://sector.example/list.json", "product")
