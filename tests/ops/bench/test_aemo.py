"""The benchmark of our own part of a call to AEMO: every form of an answer gives the same reads."""

from click.testing import CliRunner

from ops.bench.aemo import FORMS, main, measure


async def test_every_form_of_an_answer_becomes_a_response_with_numbers() -> None:
    measured = [await measure(form, 40, 1) for form in FORMS]
    numbers, objects, substituted, renamed = (each.response_bytes for each in measured)
    assert numbers == objects == renamed < substituted
    assert measured[1].answer_bytes > 3 * measured[0].answer_bytes


def test_the_command_prints_a_table_and_a_verdict_for_each_form() -> None:
    result = CliRunner().invoke(main, ["--reads", "4", "--times", "1"])
    assert result.exit_code == 0, result.output
    assert [line.partition(":")[0] for line in result.output.splitlines()[-4:]] == [form.name for form in FORMS]
