"""The recipient's table of the data language."""

from ops.sandbox.recipient.data_language import CLUSTERS
from ops.sandbox.register.models import SCOPE
from tenants import data_language


def test_each_scope_of_a_software_product_for_energy_and_customer_data_has_one_cluster() -> None:
    of_this_sector = [scope for scope in SCOPE.split() if scope.startswith(("energy:", "common:"))]
    assert sorted(cluster.scope for cluster in CLUSTERS) == sorted(of_this_sector)


def test_the_product_describes_each_scope_in_the_same_words() -> None:
    """Each table repeats the standards, so a difference is an error in one of them."""
    for cluster in CLUSTERS:
        (described,) = data_language.clusters([cluster.scope], "person")
        assert (cluster.title, cluster.permissions) == (described.title, described.permissions)
