"""The windows in which people see the pages."""

from collections.abc import Mapping
from typing import Any, Final

DEVICES: Final[Mapping[str, Mapping[str, Any]]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {
        "viewport": {"width": 360, "height": 740},
        "is_mobile": True,
        "has_touch": True,
        "device_scale_factor": 2,
    },
}
"""The options of Playwright for a desktop window and a phone."""
