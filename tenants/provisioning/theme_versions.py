"""Versions of a brand's theme: every theme that is saved is kept, and one of them is published (decision 0065).

All functions are called with the brand locked, or in the transaction that adds it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from haas.database import Transaction
from tenants.registry import store
from tenants.registry.errors import InvalidChange, MissingThemeFile, UnknownThemeVersion
from tenants.registry.models import THEME_FILES, Tenant, ThemeVersion

MAXIMUM_NOTE = 200


def checked_note(note: str | None) -> str | None:
    """Return the note of a version. Raise InvalidChange if it is too long or not one line."""
    if note is not None and not (0 < len(note) <= MAXIMUM_NOTE and note.isprintable()):
        raise InvalidChange(f"the note must be one line of 1 to {MAXIMUM_NOTE} printable characters")
    return note


def published(versions: Sequence[ThemeVersion]) -> ThemeVersion | None:
    """Return the version that the pages show, or None if the brand has no theme."""
    return max((each for each in versions if each.publication), key=_publication, default=None)


def published_before(versions: Sequence[ThemeVersion]) -> ThemeVersion | None:
    """Return the version that the pages showed before the present one, or None if there was none."""
    in_order = sorted((each for each in versions if each.publication), key=_publication)
    return in_order[-2] if len(in_order) > 1 else None


async def require_files(tx: Transaction, brand_id: UUID, theme: Mapping[str, Any]) -> None:
    """Raise MissingThemeFile unless every file that a theme names is saved for the brand, and of the right kind."""
    for token, media_type in THEME_FILES.items():
        digest = theme.get(token)
        if digest is not None:
            found = await store.load_theme_file(tx, brand_id, str(digest))
            if found is None or found.media_type != media_type:
                raise MissingThemeFile(
                    f"{token}: the brand has no {media_type} with the digest {digest}. `haas theme save` saves a file"
                    f' that the theme names as {{"file": "…"}}'
                )


async def save(
    tx: Transaction, brand_id: UUID, theme: Mapping[str, Any], *, note: str | None, actor: str, now: datetime
) -> int:
    """Save a theme as a draft and return its number. If the newest version has the same tokens, return that one."""
    versions = await store.theme_versions(tx, brand_id)
    if versions and await store.theme_of_version(tx, brand_id, versions[0].number) == theme:
        return versions[0].number
    return await store.insert_theme_version(tx, brand_id, theme, note=note, actor=actor, now=now)


async def record_published(
    tx: Transaction, brand_id: UUID, theme: Mapping[str, Any], *, note: str | None, actor: str, now: datetime
) -> None:
    """Save a theme that the brand has from now on, as a version that is published."""
    if not theme:
        return
    number = await save(tx, brand_id, theme, note=note, actor=actor, now=now)
    await store.set_published(tx, brand_id, number, actor=actor, now=now)


async def publish(
    tx: Transaction, tenant: Tenant, number: int, *, actor: str, now: datetime
) -> dict[str, int | None] | None:
    """Publish a version. Return the numbers before (`from`) and after (`to`), or None if nothing was changed.

    Raise UnknownThemeVersion. The caller has checked the theme, writes the audit row and advances the revision.
    """
    theme = await theme_with_number(tx, tenant, number)
    before = published(await store.theme_versions(tx, tenant.id))
    if before is not None and before.number == number and tenant.theme == theme:
        return None
    await store.set_published(tx, tenant.id, number, actor=actor, now=now)
    await store.update_brand(tx, tenant.id, {"theme": theme})
    return {"from": None if before is None else before.number, "to": number}


async def theme_with_number(tx: Transaction, tenant: Tenant, number: int) -> dict[str, Any]:
    """Return the tokens of a version. Raise UnknownThemeVersion."""
    theme = await store.theme_of_version(tx, tenant.id, number)
    if theme is None:
        raise UnknownThemeVersion(
            f"{tenant.slug} has no theme with the number {number}; `haas theme list {tenant.slug}` lists them"
        )
    return theme


def _publication(version: ThemeVersion) -> int:
    return version.publication or 0
