"""Pairwise subjects: one for each sector and customer, always the same."""

from uuid import UUID, uuid4

from tenants.grants.subject import pairwise_subject, sector

KEY = bytes(range(32))
CUSTOMER = UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7")


def test_a_subject_is_a_version_4_uuid_and_the_same_each_time() -> None:
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


def test_the_sector_is_the_host_of_the_sector_identifier_uri_or_else_the_software_product() -> None:
    assert sector(None, "product") == "software:product"
    assert sector("https://sector.example:8443/list.json", "product") == "sector:sector.example"


def test_a_product_id_that_looks_like_a_host_sector_is_another_sector() -> None:
    assert sector(None, "sector:sector.example") != sector("https://sector.example/list.json", "product")
