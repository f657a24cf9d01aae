"""The collections in which a data recipient stores its records."""

from ops.sandbox.recipient.records import (
    Arrangement,
    ClientCertificate,
    HostedProduct,
    Notice,
    PendingFlow,
    Registration,
)
from ops.sandbox.store import Collection, Store

LIMIT = 10_000


class RecipientCollections:
    """The recipient's collections in the sandbox's store, one for each kind of record."""

    def __init__(self, store: Store) -> None:
        """Use the collections of `store`."""
        self.hosted = Collection(store, "hosted-product", HostedProduct, limit=LIMIT)
        self.certificates = Collection(store, "client-certificate", ClientCertificate, limit=LIMIT)
        self.registrations = Collection(store, "registration", Registration, limit=10 * LIMIT)
        self.flows = Collection(store, "pending-flow", PendingFlow, limit=1_000)
        self.arrangements = Collection(store, "arrangement", Arrangement, limit=LIMIT)
        self.notices = Collection(store, "notice", Notice, limit=LIMIT)


def registration_key(software_product_id: str, data_holder_brand_id: str) -> str:
    """Return the id of the record of a registration."""
    return f"{software_product_id}@{data_holder_brand_id}"
