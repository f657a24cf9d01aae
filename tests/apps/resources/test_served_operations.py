"""The endpoint table and the routes agree on what is served. A wrong row would offer a scope without its data."""

from apps.resources.operations import CUSTOMER_DATA, PUBLIC
from tenants.operations.endpoints import ENDPOINTS


def test_exactly_the_operations_with_a_served_version_are_implemented() -> None:
    implemented = sorted(operation.endpoint.operation for operation in (*PUBLIC, *CUSTOMER_DATA))
    assert implemented == sorted(endpoint.operation for endpoint in ENDPOINTS if endpoint.served_versions)
