"""`haas node`: the database nodes that hold the tenants' schemas."""

import asyncio
from collections import Counter

import click

from haas.settings import CommandSettings
from ops.deployment_settings import command_settings
from ops.operator import columns
from ops.operator_access import OperatorAccess
from tenants.provisioning.models import SetNodeState
from tenants.registry.models import NodeState


@click.group("node")
def command() -> None:
    """Manage the database nodes. `haas migrate` adds the nodes whose URLs are in the settings."""


@command.command("list")
def list_() -> None:
    """List the database nodes with their numbers of tenants."""
    nodes, tenants = asyncio.run(_all(command_settings()))
    rows = [(node, state, str(tenants[node])) for node, state in nodes.items()]
    for line in columns(("NODE", "STATE", "TENANTS"), rows):
        click.echo(line)


@command.command("drain")
@click.argument("node")
def drain(node: str) -> None:
    """Place no new tenants on NODE. Existing tenants stay there and are still served."""
    asyncio.run(_set_state(command_settings(), node, "draining"))
    click.echo(f"{node} accepts no new tenants; `haas node resume {node}` makes it accept them again.")


@command.command("resume")
@click.argument("node")
def resume(node: str) -> None:
    """Place new tenants on NODE again."""
    asyncio.run(_set_state(command_settings(), node, "active"))
    click.echo(f"{node} accepts new tenants.")


async def _all(settings: CommandSettings) -> tuple[dict[str, NodeState], Counter[str]]:
    async with OperatorAccess.open(settings) as access:
        tenants = await access.tenants()
        return await access.nodes(), Counter(tenant.namespace.node for tenant in tenants)


async def _set_state(settings: CommandSettings, node: str, state: NodeState) -> None:
    async with OperatorAccess.open(settings) as access:
        await access.ask("change", f"node:{node}", SetNodeState(node, state))
