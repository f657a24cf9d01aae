"""The recipient's table of the data language."""

from ops.sandbox.recipient.data_language import CLUSTERS
from ops.sandbox.register.models import SCOPE
from tenants import data_language


def test_each_scope_for_data_of_a_software_product_has_one_cluster() -> None:
    without_data = {"openid", "profile", "bank:accounts.basic:read", "cdr:registration"}
    assert sorted(cluster.scope for cluster in CLUSTERS) == sorted(set(SCOPE.split()) - without_data)


def test_the_product_describes_each_scope_in_the_same_words() -> None:
    """Each table repeats the standards, so a difference is an error in one of them."""
    for cluster in CLUSTERS:
        (described,) = data_language.clusters([cluster.scope], "person")
        assert (cluster.title, cluster.permissions) == (described.title, described.permissions)
