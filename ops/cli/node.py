"""`haas node`: the database nodes that hold the tenants' schemas."""

import asyncio
from collections import Counter

import click

from haas.settings import Settings
from ops.deployment import Deployment
from ops.deployment_settings import deployment_settings
from ops.operator import actor, columns
from tenants.registry.models import NodeState


@click.group("node")
def command() -> None:
    """Manage the database nodes. `haas migrate` adds the nodes whose URLs are in the settings."""


@command.command("list")
def list_() -> None:
    """List the database nodes with their numbers of tenants."""
    nodes, tenants = asyncio.run(_all(deployment_settings()))
    rows = [(node, state, str(tenants[node])) for node, state in nodes.items()]
    for line in columns(("NODE", "STATE", "TENANTS"), rows):
        click.echo(line)


@command.command("drain")
@click.argument("node")
def drain(node: str) -> None:
    """Place no new tenants on NODE. Existing tenants stay there and are still served."""
    asyncio.run(_set_state(deployment_settings(), node, "draining"))
    click.echo(f"{node} accepts no new tenants; `haas node resume {node}` makes it accept them again.")


@command.command("resume")
@click.argument("node")
def resume(node: str) -> None:
    """Place new tenants on NODE again."""
    asyncio.run(_set_state(deployment_settings(), node, "active"))
    click.echo(f"{node} accepts new tenants.")


async def _all(settings: Settings) -> tuple[dict[str, NodeState], Counter[str]]:
    async with Deployment.open(settings) as deployment:
        tenants = await deployment.administration.all()
        return await deployment.administration.nodes(), Counter(tenant.namespace.node for tenant in tenants)


async def _set_state(settings: Settings, node: str, state: NodeState) -> None:
    async with Deployment.open(settings) as deployment:
        await deployment.administration.set_node_state(node, state, actor=actor())
