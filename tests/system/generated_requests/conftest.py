"""A demonstration customer who shares everything with a data recipient."""

import pytest

from tests.support.application import Application
from tests.system.generated_requests.sharing import Sharing, demonstration_sharing


@pytest.fixture(scope="session")
async def sharing(application: Application) -> Sharing:
    """What the demonstration customer with the most accounts shares. The tests of this folder only read it."""
    return await demonstration_sharing(application)
