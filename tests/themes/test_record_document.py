"""The document with the records of one consumer: each of its texts is a message of the catalogue, or data."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, get_args
from uuid import UUID

import msgspec

from haas.language import gettext, using_language
from tenants.arrangements.models import EndedBy
from tenants.data_language import title_of
from tenants.notices.models import About
from tenants.records import pack
from tenants.records.models import (
    AuthorisedVersion,
    ComplaintRecord,
    ContactChannel,
    CopyRecord,
    CorrectedData,
    CorrectionDecision,
    CorrectionRecord,
    Disclosure,
    JointSharing,
    RecordedRefusal,
    RecordPack,
    Sharing,
)
from tests.support.outside_messages import Outside, forgotten
from tests.support.pseudo_language import marked, right_to_left
from themes.record_document import record_document

AT = datetime(2026, 3, 3, 5, tzinfo=UTC)
LATER = AT + timedelta(days=300)


def full_pack() -> RecordPack:
    """Return a pack with every kind of record, whose texts are in the current language."""
    disclosed = Disclosure(
        data=title_of("common:customer.basic:read", "person"), account=None, first_on=date(2026, 3, 3), last_at=AT,
        times=2, corrected_at=AT,
    )  # fmt: skip
    disclosures = [disclosed, msgspec.structs.replace(disclosed, account="Home", corrected_at=None)]
    whats = (*get_args(About), "arrangement-revoked", "letter")
    notices_sent = [pack._notice(store_row(about=what, done_at=at)) for what in whats for at in (None, AT)]
    versions = [
        AuthorisedVersion(
            what=what, authorised_at=AT, authorised_by=gettext("You"), in_force_from=active, until=LATER,
            data=[disclosed.data], accounts=accounts,
        )
        for what in ("authorisation", "amendment")
        for active, accounts in ((None, []), (AT, ["Home", "Farm"]))
    ]  # fmt: skip
    ended: list[str | None] = [None, *(gettext(text) for text in pack._ENDED.values())]
    shared = [
        Sharing(
            arrangement_id=UUID(int=1), recipient="Bright Pty Ltd", software_product="Bright Bill", versions=versions,
            ended_at=None if how is None else AT, ended=how, disclosures=[] if how is None else disclosures,
            notices=notices_sent,
        )
        for how in ended
    ]  # fmt: skip
    others = [
        JointSharing(
            account="Home", recipient="Bright Pty Ltd", data=[disclosed.data], authorised_at=AT, until=LATER,
            ended_at=at, disclosures=disclosures, notices=notices_sent,
        )
        for at in (None, AT)
    ]  # fmt: skip
    channels = get_args(ContactChannel)
    asked = {"data": "other", "channel": "web", "received_at": AT, "acknowledged_at": None}
    undecided = CorrectionRecord(**asked, decision=None, reasons=None, decided_at=None)
    return RecordPack(
        brand="Aurora", retailer="Aurora Retail Pty Ltd", made_at=AT, time_zone="Australia/Sydney", customer="Mia Wong",
        customer_reference="C-1", sharing=shared, sharing_by_others=others,
        refusals=[RecordedRefusal(rule="4.7(1)(a)", since=AT, until=until) for until in (None, AT)],
        complaints=[
            ComplaintRecord(
                type="dashboard problem", reference=number, received_at=AT, resolved_at=at, outcome=at and "Apology",
                ombudsman_at=at,
            )
            for number, at in ((None, None), ("7", AT))
        ],
        corrections=[
            undecided,
            *(
                CorrectionRecord(**{**asked, "data": about}, decision=decision, reasons="Wrong date", decided_at=AT)
                for about in get_args(CorrectedData)
                for decision in get_args(CorrectionDecision)
            ),
        ],
        record_requests=[
            CopyRecord(channel=channel, received_at=AT, delivered_at=at, delivery_channel=channel if at else None)
            for channel in channels
            for at in (None, AT)
        ],
    )  # fmt: skip


def store_row(*, about: str, done_at: datetime | None) -> Any:
    return SimpleNamespace(about=about, kind="email", created_at=AT, done_at=done_at, handled_at=None)


def test_each_text_of_a_document_is_a_message_or_data() -> None:
    data = {
        "Aurora", "Aurora Retail Pty Ltd", "Australia/Sydney", "Mia Wong", "C-1", "Bright Pty Ltd", "Bright Bill",
        "Home", "Farm", "dashboard problem", "Apology", "Wrong date", "Home, Farm", "Bright Pty Ltd, Bright Bill",
    }  # fmt: skip
    nothing: dict[str, list[Any]] = {
        name: []
        for name in ("sharing", "sharing_by_others", "refusals", "complaints", "corrections", "record_requests")
    }
    with using_language(marked()):
        for made in (full := full_pack(), msgspec.structs.replace(full, **nothing)):
            read = Outside()
            read.feed(record_document(made))
            assert forgotten(read.found, data) == []


def test_every_kind_of_notice_and_of_end_has_words_in_the_records() -> None:
    assert pack._NOTICES.keys() == {*get_args(About), "arrangement-revoked"}
    assert pack._ENDED.keys() == set(get_args(EndedBy))


def test_the_document_is_in_the_current_language_and_names_the_time_zone() -> None:
    written = record_document(full_pack())
    assert '<html lang="en-AU" dir="ltr">' in written
    assert '<time datetime="2026-03-03T05:00:00+00:00">3 March 2026, 4:00 pm AEDT</time>' in written
    with using_language(right_to_left()):
        assert '<html lang="he" dir="rtl">' in record_document(full_pack())
