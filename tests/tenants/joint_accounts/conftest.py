"""A household with joint accounts."""

import pytest

from ops.sandbox.recipient.client import RecipientClient
from tenants.registry.models import Tenant
from tests.support.application import Application
from tests.support.joint_home import JointHome, joint_home


@pytest.fixture
async def home(application: Application, aurora: Tenant, recipient: RecipientClient) -> JointHome:
    return await joint_home(application, aurora, recipient)
