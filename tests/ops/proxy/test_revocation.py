"""CRLs are fetched from their authorities; an invalid list is refused, and the lists in force are kept."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ops.pki.store import Pki
from ops.proxy.revocation import Renewal, RevocationListError, renew
from tests.support.revocation_lists import END, Publish, publish_both


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture
def pki(authorities: Pki) -> Pki:
    """The module's authorities with new lists."""
    authorities.publish_revocation_lists(timedelta(days=7))
    return authorities


async def test_the_lists_of_all_authorities_are_fetched(pki: Pki, publish: Publish, tmp_path: Path) -> None:
    output = tmp_path / "lists.crl"
    first = await fetch(publish_both(pki, publish), pki, output)
    assert first.changed
    assert first.ends == pki.revocation_lists_end()
    assert not first.expires_soon(datetime.now(UTC))
    assert output.read_bytes().count(END) == 2
    again = await fetch(publish_both(pki, publish), pki, output)
    assert not again.changed


async def test_a_list_that_ends_within_a_day_expires_soon(pki: Pki, publish: Publish, tmp_path: Path) -> None:
    pki.publish_revocation_lists(timedelta(hours=20))
    renewal = await fetch(publish_both(pki, publish), pki, tmp_path / "lists.crl")
    assert renewal.expires_soon(datetime.now(UTC))


async def fetch(urls: list[str], pki: Pki, output: Path) -> Renewal:
    return await asyncio.to_thread(renew, urls, pki.client_authorities_file, output)


Fault = Callable[[Pki, Publish, Path], Awaitable[list[str]]]


async def only_one_list(pki: Pki, publish: Publish, _: Path) -> list[str]:
    return publish_both(pki, publish)[:1]


async def unknown_url(pki: Pki, publish: Publish, _: Path) -> list[str]:
    return [*publish_both(pki, publish), publish("there", b"").replace("there", "nowhere")]


async def html_page(pki: Pki, publish: Publish, _: Path) -> list[str]:
    return [*publish_both(pki, publish), publish("page", b"<html>maintenance</html>")]


async def expired_lists(pki: Pki, publish: Publish, _: Path) -> list[str]:
    pki.publish_revocation_lists(timedelta(minutes=-5))
    return publish_both(pki, publish)


async def lists_of_another_authority(pki: Pki, publish: Publish, folder: Path) -> list[str]:
    """The other authority has the same name."""
    other = folder / "other"
    other.mkdir()
    return publish_both(Pki(other), publish)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (only_one_list, "no list is signed by"),
        (unknown_url, "cannot be fetched"),
        (html_page, "is not a revocation list"),
        (expired_lists, "expired at"),
        (lists_of_another_authority, "no list is signed by"),
    ],
)
async def test_an_invalid_list_is_refused_and_the_file_is_unchanged(
    pki: Pki, publish: Publish, tmp_path: Path, fault: Fault, reason: str
) -> None:
    output = tmp_path / "lists.crl"
    await fetch(publish_both(pki, publish), pki, output)
    before = output.read_bytes()
    with pytest.raises(RevocationListError, match=reason):
        await fetch(await fault(pki, publish, tmp_path), pki, output)
    assert output.read_bytes() == before


async def test_an_older_list_does_not_replace_a_newer_one(pki: Pki, publish: Publish, tmp_path: Path) -> None:
    output = tmp_path / "lists.crl"
    urls = publish_both(pki, publish)
    later = datetime.now(UTC) + timedelta(hours=2)
    pki._publish(later)
    output.write_bytes(pki.revocation_lists_file.read_bytes())
    with pytest.raises(RevocationListError, match="older than the stored one"):
        await fetch(urls, pki, output)
