"""Run one job now, in this process: `python -m workers.run_once JOB`. Without arguments it lists the jobs.

Operators and the control API of the sandbox use this command. It prints one JSON object. The exit status is 0 if the
whole job succeeded, 1 if a part of it failed, and 2 if the arguments are wrong.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import msgspec

from haas.errors import HaasError
from haas.settings import WorkerSettings
from tenants.notices.outbox_delivery import DeliveryCounts
from tenants.services import Services
from workers.settings import read_settings
from workers.tasks import Tasks

USAGE: Final = "usage: python -m workers.run_once JOB, which is one of {}\n"
Summary = tuple[bool, Any]


async def register_poll(tasks: Tasks) -> Summary:
    """Poll every Register and apply its statuses to the tenants that belong to it."""
    polls, complete = [], True
    for environment_id in await tasks.environments():
        try:
            polled = await tasks.poll_register(environment_id)
        except HaasError as error:
            polls.append({"environment": environment_id, "error": str(error)})
            complete = False
        else:
            polls.append(msgspec.to_builtins(polled))
            complete = complete and not polled.tenants_failed
    return complete, {"polls": polls}


async def outbox_drain(tasks: Tasks) -> Summary:
    """Deliver the notices of every tenant that are due or wait for another attempt."""
    total, failed = DeliveryCounts(), []
    for tenant in await tasks.tenants():
        try:
            total.add(await tasks.drain_outbox(tenant.slug))
        except HaasError as error:
            failed.append({"tenant": tenant.slug, "error": str(error)})
    return not failed, {**msgspec.structs.asdict(total), "tenants_failed": failed}


async def read_feeds(tasks: Tasks) -> Summary:
    """Read the feed of ended customers of every tenant whose customers are on the retailer's own server."""
    ended, failed = 0, []
    for tenant in await tasks.tenants():
        try:
            ended += await tasks.read_feed(tenant.slug)
        except HaasError as error:
            failed.append({"tenant": tenant.slug, "error": str(error)})
    return not failed, {"arrangements_ended": ended, "tenants_failed": failed}


async def sweep(tasks: Tasks) -> Summary:
    """Run the housekeeping of every tenant."""
    return True, {"changed": await tasks.sweep()}


async def password_changes(tasks: Tasks) -> Summary:
    """Change the passwords at AEMO that are due. The log says what was done."""
    await tasks.change_passwords()
    return True, {}


async def data_checks(tasks: Tasks) -> Summary:
    """Check the stored data of every tenant now. Return the number of invalid items by tenant and resource."""
    found, failed = {}, []
    for tenant in await tasks.tenants():
        try:
            found[tenant.slug] = await tasks.check_data(tenant.slug)
        except HaasError as error:
            failed.append({"tenant": tenant.slug, "error": str(error)})
    return not failed, {"invalid": {slug: counts for slug, counts in found.items() if counts}, "tenants_failed": failed}


async def expiries(tasks: Tasks) -> Summary:
    """List the certificates and passwords that end within 30 days."""
    return True, {"expiries": msgspec.to_builtins(await tasks.warn_of_expiries())}


JOBS: Final[Mapping[str, Callable[[Tasks], Awaitable[Summary]]]] = {
    "register-poll": register_poll,
    "outbox-drain": outbox_drain,
    "read-feeds": read_feeds,
    "sweep": sweep,
    "password-changes": password_changes,
    "data-checks": data_checks,
    "expiries": expiries,
}


async def run(job: str, settings: WorkerSettings) -> Summary:
    """Run `job`. Return whether the whole job succeeded, and its summary."""
    services = Services.open(settings)
    try:
        return await JOBS[job](Tasks(services, settings))
    finally:
        await services.close()


def main() -> int:
    """Run the job that the command line names. Return the exit status."""
    if len(sys.argv) != 2 or sys.argv[1] not in JOBS:  # noqa: PLR2004 - the command and its one argument
        sys.stderr.write(USAGE.format(", ".join(JOBS)))
        return 2
    complete, summary = asyncio.run(run(sys.argv[1], read_settings()))
    sys.stdout.write(msgspec.json.encode({"job": sys.argv[1], **summary}).decode() + "\n")
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(main())
