"""Pages (CDS, Pagination)."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.cds.envelope import LinksPaginated, MetaPaginated
from tenants.cds.errors import FIELD_INVALID, FIELD_INVALID_PAGE, FIELD_INVALID_PAGE_SIZE, CdsError, ErrorType
from tenants.cds.pagination import PageRequest, links_and_meta

URI = "https://host.test/x"


def described(page: int, size: int, total: int, **filters: str) -> tuple[LinksPaginated, MetaPaginated]:
    return links_and_meta(PageRequest(page, size), total, self_uri="self", resource_uri=URI, filters=filters)


def test_page_and_page_size_have_defaults() -> None:
    assert PageRequest.parse(None, None) == PageRequest(number=1, size=25)
    assert PageRequest.parse("3", "1000").offset == 2000


@pytest.mark.parametrize(
    ("page", "size", "kind"),
    [
        ("0", None, FIELD_INVALID),
        ("-1", None, FIELD_INVALID),
        ("one", None, FIELD_INVALID),
        ("", None, FIELD_INVALID),
        ("1.5", None, FIELD_INVALID),
        (None, "0", FIELD_INVALID),
        (None, "all", FIELD_INVALID),
        (None, "1001", FIELD_INVALID_PAGE_SIZE),
        (None, "3000000000", FIELD_INVALID_PAGE_SIZE),
        (None, "9" * 5000, FIELD_INVALID_PAGE_SIZE),
    ],
)
def test_a_page_or_page_size_out_of_range_is_refused(page: str | None, size: str | None, kind: ErrorType) -> None:
    with pytest.raises(CdsError) as caught:
        PageRequest.parse(page, size)
    assert caught.value.kind == kind


def test_a_page_in_the_middle_links_to_first_previous_next_and_last() -> None:
    links, meta = described(2, 2, 5)
    assert links == LinksPaginated(
        self="self",
        first=f"{URI}?page=1&page-size=2",
        prev=f"{URI}?page=1&page-size=2",
        next=f"{URI}?page=3&page-size=2",
        last=f"{URI}?page=3&page-size=2",
    )
    assert meta == MetaPaginated(totalRecords=5, totalPages=3)


def test_a_single_page_links_only_to_itself() -> None:
    links, meta = described(1, 25, 25)
    assert links == LinksPaginated(self="self")
    assert meta == MetaPaginated(totalRecords=25, totalPages=1)


def test_an_empty_result_has_no_pages() -> None:
    links, meta = described(1, 25, 0)
    assert links == LinksPaginated(self="self")
    assert meta == MetaPaginated(totalRecords=0, totalPages=0)


def test_links_to_other_pages_contain_the_filters() -> None:
    links, _ = links_and_meta(PageRequest(1, 1), 2, self_uri="self", resource_uri=URI, filters={"open-status": "OPEN"})
    assert links.next == f"{URI}?open-status=OPEN&page=2&page-size=1"


@pytest.mark.parametrize("page", ["3000000000", "9" * 30, "9" * 5000])
def test_a_page_number_with_many_digits_is_out_of_range(page: str) -> None:
    request = PageRequest.parse(page, "1000")
    assert request.offset < 2**63, "PostgreSQL must be able to read it"
    with pytest.raises(CdsError) as caught:
        links_and_meta(request, 5, self_uri="self", resource_uri=URI, filters={})
    assert caught.value.kind == FIELD_INVALID_PAGE


@pytest.mark.parametrize(("page", "total", "last"), [(4, 5, "3"), (2, 0, "0")])
def test_the_error_for_a_page_out_of_range_contains_the_number_of_pages(page: int, total: int, last: str) -> None:
    with pytest.raises(CdsError) as caught:
        described(page, 2, total)
    assert caught.value.kind == FIELD_INVALID_PAGE
    assert caught.value.detail == last


@settings(deadline=None, database=None, derandomize=True, max_examples=60)
@given(
    st.integers(0, 400),
    st.integers(1, 60),
    st.dictionaries(st.sampled_from(["open-status", "newest-date"]), st.text(min_size=1, max_size=8)),
)
def test_the_links_lead_through_every_record_once_and_back(total: int, size: int, filters: dict[str, str]) -> None:
    def described_at(request: PageRequest) -> tuple[LinksPaginated, MetaPaginated]:
        return links_and_meta(request, total, self_uri="self", resource_uri=URI, filters=filters)

    def requested(uri: str | None) -> PageRequest:
        base, _, query = str(uri).partition("?")
        values = dict(parse_qsl(query, keep_blank_values=True))
        found = PageRequest.parse(values.pop("page"), values.pop("page-size"))
        assert (base, values) == (URI, filters)
        return found

    records, seen, request = range(total), list[int](), PageRequest(1, size)
    while True:
        links, meta = described_at(request)
        assert (meta.totalRecords, meta.totalPages) == (total, -(-total // size))
        seen += records[request.offset : request.offset + request.size]
        if request.number == 1:
            assert links.first is links.prev is None
        else:
            assert requested(links.first) == PageRequest(1, size)
            assert requested(links.prev) == PageRequest(request.number - 1, size)
        if links.next is None:
            assert links.last is None
            break
        assert requested(links.last) == PageRequest(meta.totalPages, size)
        assert requested(links.next).number == request.number + 1
        request = requested(links.next)
    assert seen == list(records)
    with pytest.raises(CdsError) as caught:
        described_at(PageRequest(request.number + 1, size))
    assert caught.value.kind == FIELD_INVALID_PAGE
