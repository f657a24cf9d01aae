"""A revision that deployments may already have run must not be changed."""

import hashlib

from ops.migrations.chains import CONTROL, FROZEN, TENANT


def test_frozen_revisions_are_unchanged() -> None:
    frozen = {}
    for line in FROZEN.read_text(encoding="ascii").splitlines():
        digest, name = line.split("  ")
        frozen[name] = digest
    assert {f"{chain.name}/versions/0001_tables.py" for chain in (CONTROL, TENANT)} <= set(frozen)
    now = {name: hashlib.sha256((FROZEN.parent / name).read_bytes()).hexdigest() for name in frozen}
    assert now == frozen, "write a new revision (`haas migrate revision`) instead of changing one that was run"
