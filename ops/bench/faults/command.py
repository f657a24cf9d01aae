"""The command: each trial in a new stack, and a table of the outcomes."""

from typing import Final

import click

from haas.errors import HaasError
from haas.logs import configure
from haas.progress import ConsoleProgress
from ops.bench.command import WITHOUT_LIMIT
from ops.bench.faults.traffic import RATE
from ops.bench.faults.trials import TRIALS, Outcome, Trial, run
from ops.browser.errors import Unexpected
from ops.demonstration import set_up_demonstration
from ops.smoke import foreground
from ops.stack.embedded import running
from ops.stack.options import Options

HEADER: Final = (
    "| part | rounds | calls answered | calls failed | slowest s | calls counted | consents completed | given up"
    " | other servers: answered | refused | acknowledged | wrong |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
)


class TrialFailed(HaasError):
    """Something happened in a trial that must not happen."""


@click.command("faults")
@click.option(
    "--trial", "names", type=click.Choice([trial.name for trial in TRIALS]), multiple=True, help="Default: all."
)
@click.option(
    "--rounds", type=click.IntRange(1, 100), default=15, show_default=True, help="Disturbances of each trial."
)
@click.option("--workers", type=click.IntRange(1, 16), default=2, show_default=True, help="Application processes.")
@click.option("--rate", type=click.FloatRange(1, 500), default=RATE, show_default=True, help="Requests per second.")
def command(names: tuple[str, ...], rounds: int, workers: int, rate: float) -> None:
    """Disturb a stack under load, and compare what it has stored with what it has acknowledged."""
    configure("WARNING")
    click.echo(HEADER)
    failed = []
    for trial in TRIALS:
        if not names or trial.name in names:
            try:
                foreground.run(_run(trial, rounds, workers, rate))
            except TrialFailed as failure:
                failed.append(str(failure))
    if failed:
        raise TrialFailed("\n".join(failed))


def line(outcome: Outcome) -> str:
    """Return the outcome of a trial as a row of the table."""
    requests, people = outcome.ledger, outcome.people
    cells = (
        outcome.trial.name,
        outcome.rounds,
        outcome.answered,
        len(requests.failures),
        f"{outcome.slowest_seconds:.2f}",
        outcome.counted,
        people.answered.total(),
        len(people.failures),
        outcome.of_sources.answered.total(),
        len(outcome.of_sources.failures),
        requests.acknowledged + people.acknowledged,
        len(outcome.wrong),
    )
    return f"| {' | '.join(map(str, cells))} |"


async def _run(trial: Trial, rounds: int, workers: int, rate: float) -> None:
    with foreground.folder_kept_on_failure("haas-faults-") as folder:
        options = Options(state=folder / "state", port=0, workers=workers, variables=WITHOUT_LIMIT)
        try:
            async with running(options, set_up_demonstration, ConsoleProgress()) as stack:
                outcome = await run(stack, trial, rounds, ConsoleProgress(), rate)
        except (HaasError, Unexpected, TimeoutError) as failure:
            raise TrialFailed(f"{trial.name}: {failure!r}\n  logs      {options.state / 'logs'}") from failure
        click.echo(line(outcome))
        if outcome.wrong:
            raise TrialFailed("\n".join([f"{trial.name}:", *outcome.wrong, f"  logs      {options.state / 'logs'}"]))
