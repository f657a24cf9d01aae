"""References that a person can read out."""

from uuid import UUID, uuid4

from apps.http.references import reference_of


def test_a_reference_has_eight_characters_that_cannot_be_confused() -> None:
    made = {reference_of(str(uuid4())) for _ in range(2_000)}
    assert len(made) == 2_000
    assert {len(each) for each in made} == {8}
    assert set("".join(made)) == set("23456789ABCDEFGHJKMNPQRSTUVWXYZ")


def test_the_reference_of_an_interaction_id_is_always_the_same() -> None:
    """An operator can compute it from a line of another log."""
    assert reference_of(str(UUID(int=1))) == "PKZXKUN5"
