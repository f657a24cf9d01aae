"""docs/steps.md, the document of the steps of each endpoint."""

from pathlib import Path

from apps.step_lists import document, step_lists
from haas.steps import flattened

DOCUMENT = Path(__file__).parents[2] / "docs" / "steps.md"


def test_the_document_agrees_with_the_step_lists_in_use() -> None:
    """If this fails, run `python -m apps.step_lists > docs/steps.md`."""
    assert DOCUMENT.read_text(encoding="utf-8") == document()


def test_every_step_has_a_docstring() -> None:
    steps = [step for listed in step_lists() for step in flattened(listed.steps)]
    assert len(steps) > 100
    assert [step for step in steps if not step.__doc__] == []
