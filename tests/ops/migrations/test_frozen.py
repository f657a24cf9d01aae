"""A revision that deployments may already have run is never changed."""

import hashlib

from ops.migrations.chains import CONTROL, FROZEN, TENANT


def test_frozen_revisions_have_the_bytes_that_they_were_frozen_with() -> None:
    frozen = {}
    for line in FROZEN.read_text(encoding="ascii").splitlines():
        digest, name = line.split("  ")
        frozen[name] = digest
    assert {f"{chain.name}/versions/0001_tables.py" for chain in (CONTROL, TENANT)} <= set(frozen)
    now = {name: hashlib.sha256((FROZEN.parent / name).read_bytes()).hexdigest() for name in frozen}
    assert now == frozen, "write a new revision (`haas migrate revision`) instead of changing one that was run"
