"""Discovery of a data holder brand."""

import httpx
import pytest

from ops.sandbox.recipient.holder import Holder, HolderError
from tests.ops.sandbox.addresses import HOLDER, SECURE_HOLDER
from tests.ops.sandbox.conftest import asgi
from tests.ops.sandbox.faulty_holder import FaultyHolder


async def test_wrong_or_missing_metadata_is_refused(holder: FaultyHolder) -> None:
    async with httpx.AsyncClient(transport=asgi(holder.application)) as http:
        assert (await Holder.discover(HOLDER, http)).metadata.token_endpoint == f"{SECURE_HOLDER}/token"
        with pytest.raises(HolderError, match="contains the issuer"):
            await Holder.discover("https://other.test", http)
        holder.refuses["/.well-known/openid-configuration"] = (503, {})
        with pytest.raises(HolderError, match="503"):
            await Holder.discover(HOLDER, http)
