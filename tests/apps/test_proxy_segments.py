"""The access log of nginx names the first segment of every path that the application serves."""

from typing import Any

from apps.surfaces import applications
from ops.proxy.configuration import SEGMENTS


def test_the_segments_of_the_access_log_are_those_of_the_routes() -> None:
    served: list[Any] = list(applications().values())
    paths = [route.path for application in served for route in application.routes]
    assert sorted({path.split("/")[1] for path in paths} - {""}) == sorted(SEGMENTS)
