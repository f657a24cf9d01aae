"""Which process of a run with several (pytest-xdist) gets which tests."""

from typing import Final

from xdist.scheduler import LoadFileScheduling

OF_THE_STACK: Final = (
    *("tests/ops/sandbox/", "tests/ops/smoke/", "tests/system/bad_input/", "tests/system/browser/"),
    *("tests/ops/bench/test_faults.py", "tests/ops/bench/test_neighbours.py"),
    *("tests/ops/bench/test_operations.py", "tests/ops/monitoring/", "tests/ops/test_deployment_settings.py"),
    *("tests/ops/stack/test_embedded.py", "tests/ops/stack/test_retailer.py", "tests/ops/stack/test_secrets.py"),
    "tests/system/test_ehub.py",
)
"""The beginnings of the paths of tests that use the shared stack."""


def uses_the_stack(node_id: str) -> bool:
    return node_id.startswith(OF_THE_STACK)


class Scheduling(LoadFileScheduling):  # type: ignore[misc] # the package has no types
    """A process gets whole files, and one process gets all files that use the shared stack.

    To start a stack takes as long as hundreds of tests, and an idle one uses the processor too.
    """

    def _split_scope(self, nodeid: str) -> str:
        return "the shared stack" if uses_the_stack(nodeid) else super()._split_scope(nodeid)
