"""NMIs and their checksums."""

import pytest

from ops.sandbox.ehub.nmi import canonical_nmi, with_checksum


@pytest.mark.parametrize(
    "nmi",
    ["20019857328", "20019857336", "30756218758", "43168540059", "63058884446", "QAAAVZZZZZ3", "VAAA0000657"],
)
def test_the_checksum_is_that_of_the_procedure(nmi: str) -> None:
    """AEMO, National Metering Identifier Procedure: examples of NMIs with their checksums."""
    assert with_checksum(nmi[:10]) == nmi


@pytest.mark.parametrize(
    ("text", "nmi"),
    [
        ("4102000010", "4102000010"),
        ("41020000109", "4102000010"),
        (" qaaavzzzzz ", "QAAAVZZZZZ"),
        ("410200001", None),
        ("410200001099", None),
        ("4102000010A", None),
        ("QAAAVZZZIO", None),
        ("", None),
    ],
)
def test_an_nmi_has_ten_characters_and_perhaps_a_checksum(text: str, nmi: str | None) -> None:
    assert canonical_nmi(text) == nmi
