"""Generated customers."""

from ops.demonstration.generator import generate


def test_the_same_seed_generates_the_same_data() -> None:
    assert list(generate("one")) == list(generate("one"))
    assert list(generate("one")) != list(generate("two"))
