"""Each public class or type of the product has a unique name."""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
PRODUCT = ("platform/haas", "tenants", "apps", "themes", "workers", "ops/cli", "ops/migrations", "ops/proxy")


def _defined(tree: ast.Module) -> Iterator[str]:
    """Yield the classes and type aliases that a module defines at its top level."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name[0].isupper() and not name.isupper():
                yield name


def test_no_two_modules_define_the_same_public_name() -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for folder in PRODUCT:
        for file in sorted((ROOT / folder).rglob("*.py")):
            for name in _defined(ast.parse(file.read_text(encoding="utf-8"))):
                if not name.startswith("_"):
                    found[name].append(str(file.relative_to(ROOT)))
    assert len(found) > 300
    assert {name: files for name, files in found.items() if len(files) > 1} == {}
