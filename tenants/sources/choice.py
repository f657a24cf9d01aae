"""Which source the data of a tenant is read from."""

from haas.database import Database
from tenants.aemo.service import Market
from tenants.operations.models import Resource
from tenants.sources.aemo import AemoSource
from tenants.sources.contract import DataSource, SourceCall
from tenants.sources.store import StoreSource
from tenants.sources.upstream import READ_HERE, UpstreamParts, UpstreamSource


class DataSources:
    """Makes the source for each call."""

    def __init__(self, database: Database, market: Market, upstream: UpstreamParts) -> None:
        """Take the connections to the tenants' schemas, and what the calls of AEMO and of retailers' servers share."""
        self._database = database
        self._market = market
        self._upstream = upstream

    def of_resource(self, resource: Resource, call: SourceCall) -> DataSource:
        """Return the source from which a call reads a resource: the one that the tenant's settings name.

        The tenant's `market_source` decides for what belongs to a service point, and its `customer_source` for what a
        retailer's server gives. Everything else is in the tenant's schema.
        """
        if resource.belongs_to == "service-point" and call.tenant.settings.market_source == "aemo":
            return AemoSource(call, self._market)
        if call.tenant.settings.customer_source == "upstream" and resource in READ_HERE:
            return UpstreamSource(call, self._upstream)
        return StoreSource(call.tx, self._database)
