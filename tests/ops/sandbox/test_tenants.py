"""Tenants of the running stack."""

from pathlib import Path

from ops.sandbox.tenants import Tenants


def test_there_are_no_tenants_without_a_stack_file(tmp_path: Path) -> None:
    tenants = Tenants(tmp_path / "stack.json")
    assert tenants.all() == []
    assert tenants.holder_brands() == []
    assert tenants.find("aurora") is None
