"""A folder for one run of a stack."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def kept_on_failure(prefix: str) -> Iterator[Path]:
    """A temporary folder with a short path, deleted unless the block fails: then its logs are wanted."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    if os.geteuid() == 0:
        folder.chmod(0o711)  # PostgreSQL runs as `nobody` then, which has to pass through
    yield folder
    shutil.rmtree(folder)
