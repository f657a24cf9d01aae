"""`haas theme`, run as an operator runs it, against a real database."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from ops.demonstration.themes import AURORA, BANKSIA
from ops.deployment import Deployment
from tenants.provisioning.models import DeploymentChange, PublishTheme, SaveTheme
from tenants.provisioning.owner import owner_transaction
from tenants.provisioning.theme_versions import published, published_before
from tenants.registry import store
from tenants.registry.models import Tenant, ThemeVersion
from tenants.registry.tables import audit, theme_version
from tests.support.application import Application
from tests.support.commands import Haas
from tests.themes.test_files import FONT, icon
from themes.tokens import ThemeTokens, check_theme, theme_to_json

pytestmark = pytest.mark.usefixtures("provisioner")


def file_with(folder: Path, theme: ThemeTokens, *, without: str = "brand_name", **changes: Any) -> str:
    tokens = {**theme_to_json(theme), **changes}
    del tokens[without]
    file = folder / "theme.json"
    file.write_bytes(msgspec.json.encode(tokens))
    return str(file)


async def versions_of(deployment: Deployment, tenant: Tenant) -> list[ThemeVersion]:
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        return await store.theme_versions(tx, tenant.id)


async def revision(deployment: Deployment) -> int | None:
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        return await store.revision_number(tx)


async def audited(deployment: Deployment, slug: str) -> list[tuple[str, dict[str, Any]]]:
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        query = select(audit.c.action, audit.c.detail).where(audit.c.subject == slug, audit.c.action.like("theme.%"))
        return [(row.action, row.detail) for row in await tx.execute(query.order_by(audit.c.at))]


async def test_a_theme_is_saved_published_and_rolled_back(
    haas: Haas, deployment: Deployment, application: Application, tenant: Tenant, tmp_path: Path
) -> None:
    async def shown() -> str:
        application._forget_tenants()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(application.asgi), base_url=tenant.issuer) as http:
            page = (await http.get("/dashboard/sign-in")).text
            styles = (await http.get(page.partition('rel="stylesheet" href="')[2].partition('"')[0])).text
        assert (AURORA.texts.hours or "-") in page or AURORA.light.primary not in styles
        return next(
            (name for name, theme in (("aurora", AURORA), ("banksia", BANKSIA)) if theme.light.banner in styles),
            "plain",
        )

    slug = tenant.slug
    assert "has no theme" in (await haas("theme", "list", slug)).output
    before = await revision(deployment)
    saved = await haas("theme", "save", slug, file_with(tmp_path, AURORA), "--note", "first look")
    assert saved.exit_code == 0, saved.output
    assert "version 1 is saved" in saved.output
    assert await revision(deployment) == before, "a draft changes nothing for the applications"
    assert await shown() == "plain"
    assert (await haas("theme", "publish", slug, "1")).exit_code == 0
    assert await shown() == "aurora"
    assert "version 1 was published already" in (await haas("theme", "publish", slug, "1")).output
    assert (await haas("theme", "save", slug, file_with(tmp_path, BANKSIA))).exit_code == 0
    assert "version 2 is saved" in (await haas("theme", "save", slug, file_with(tmp_path, BANKSIA))).output
    assert "never published" in (await haas("theme", "roll-back", slug, "2")).output
    assert "no other version was ever published" in (await haas("theme", "roll-back", slug)).output
    assert (await haas("theme", "publish", slug, "2")).exit_code == 0
    assert await shown() == "banksia"
    rolled = await haas("theme", "roll-back", slug)
    assert "version 1 is published" in rolled.output
    assert await shown() == "aurora"
    listed = (await haas("theme", "list", slug)).output.splitlines()
    assert [line.split()[:2] for line in listed] == [["VERSION", "STATE"], ["2", "earlier"], ["1", "published"]]
    assert listed[2].endswith("first look")
    now = await deployment.administration.find(slug)
    assert now.theme["light"]["banner"] == AURORA.light.banner
    assert msgspec.json.decode((await haas("theme", "show", slug)).output) == now.theme
    look = tmp_path / "look"
    previewed = await haas("theme", "preview", slug, "--version", "2", "--into", str(look))
    assert previewed.exit_code == 0, previewed.output
    page = (look / "light" / "5-sign-in.html").read_text(encoding="utf-8")
    assert "Your energy data belongs to you." in page
    assert f"<title>Sign in to data sharing – {tenant.name}</title>" in page
    two = msgspec.json.decode((await haas("theme", "show", slug, "2")).output)
    assert two["light"]["banner"] == BANKSIA.light.banner
    assert await audited(deployment, slug) == [
        ("theme.save", {"version": 1}),
        ("theme.publish", {"version": {"from": None, "to": 1}}),
        ("theme.save", {"version": 2}),
        ("theme.publish", {"version": {"from": 1, "to": 2}}),
        ("theme.publish", {"version": {"from": 2, "to": 1}}),
    ]


async def test_the_files_of_a_theme_are_served_to_its_own_pages_only(
    haas: Haas, deployment: Deployment, application: Application, two_tenants: tuple[Tenant, Tenant], tmp_path: Path
) -> None:
    tenant, other = two_tenants
    (tmp_path / "regular.woff2").write_bytes(FONT)
    (tmp_path / "icon.png").write_bytes(icon())
    (tmp_path / "dark.svg").write_text(str(BANKSIA.logo_svg))
    names = {"font_regular": "regular.woff2", "touch_icon": "icon.png", "logo_dark_svg": "dark.svg"}
    file = file_with(tmp_path, AURORA, **{token: {"file": name} for token, name in names.items()})
    assert (await haas("theme", "check", file)).exit_code == 0
    assert "saves themes with files" in (await haas("tenant", "set", tenant.slug, "--theme", file)).output
    assert (await haas("theme", "save", tenant.slug, file)).exit_code == 0
    assert (await haas("theme", "publish", tenant.slug, "1")).exit_code == 0
    look = tmp_path / "look"
    assert (await haas("theme", "preview", tenant.slug, "--into", str(look))).exit_code == 0
    assert {path.suffix for path in (look / "theme").iterdir()} == {".svg", ".woff2", ".png"}
    assert 'url("theme/' in (look / "light.css").read_text(encoding="utf-8")
    application._forget_tenants()
    transport = httpx.ASGITransport(application.asgi)
    async with (
        httpx.AsyncClient(transport=transport, base_url=tenant.issuer) as http,
        httpx.AsyncClient(transport=transport, base_url=other.issuer) as elsewhere,
    ):
        page = await http.get("/dashboard/sign-in")
        assert "; font-src 'self'" in page.headers["content-security-policy"]
        assert "font-src" not in (await elsewhere.get("/dashboard/sign-in")).headers["content-security-policy"]
        styles = (await http.get(page.text.partition('rel="stylesheet" href="')[2].partition('"')[0])).text
        paths = {
            "font/woff2": styles.partition('url("')[2].partition('"')[0],
            "image/png": page.text.partition('rel="apple-touch-icon" href="')[2].partition('"')[0],
            "image/svg+xml": page.text.partition('<source srcset="')[2].partition('"')[0],
        }
        for media_type, path in paths.items():
            for _ in range(2):  # from the database, then from memory
                served = await http.get(path)
                assert served.status_code == 200
                assert served.headers["content-type"].partition(";")[0] == media_type
                assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
                assert served.headers["x-content-type-options"] == "nosniff"
            assert (await elsewhere.get(path)).status_code == 404
        assert (await http.get(paths["font/woff2"])).content == FONT
        assert (await http.get(f"/theme/{'0' * 64}.woff2")).status_code == 404
        tokens = (await deployment.administration.find(tenant.slug)).theme
        stolen = file_with(tmp_path, AURORA, font_regular=tokens["font_regular"])
        new = ("wren", "--name", "Wren Energy", "--retailer", "Wren Pty Ltd")
        for command in (
            ("theme", "save", other.slug, stolen),
            ("tenant", "set", other.slug, "--theme", stolen),
            ("tenant", "create", *new, "--theme", stolen),
        ):
            assert "font_regular: the brand has no font/woff2" in (await haas(*command)).output
        assert (await haas("theme", "save", tenant.slug, stolen)).exit_code == 0, "its own file can be named again"
        wrong = file_with(tmp_path, AURORA, font_regular=tokens["touch_icon"])
        assert "has no font/woff2 with the digest" in (await haas("theme", "save", tenant.slug, wrong)).output
        assert (
            "cannot be read"
            in (await haas("theme", "check", file_with(tmp_path, AURORA, font_bold={"file": "none.woff2"}))).output
        )
        broken = await haas(
            "theme", "save", tenant.slug, file_with(tmp_path, AURORA, font_regular={"file": "icon.png"})
        )
        assert "font_regular: the file is not a font in the form WOFF2" in broken.output


async def test_every_change_of_a_theme_is_a_version(
    haas: Haas, deployment: Deployment, tenant: Tenant, tmp_path: Path
) -> None:
    set_ = ("tenant", "set", tenant.slug)
    assert (await haas(*set_, "--theme", file_with(tmp_path, AURORA))).exit_code == 0
    assert (await haas(*set_, "--contact", "phone=1800 555 099")).exit_code == 0
    assert (await haas("theme", "save", tenant.slug, file_with(tmp_path, BANKSIA, support_phone=None))).exit_code == 0
    without_phone = file_with(tmp_path, BANKSIA, without="support_phone")
    assert (await haas("theme", "save", tenant.slug, without_phone)).exit_code == 0
    newest, without, contact, first = await versions_of(deployment, tenant)
    assert [each.publication for each in (first, contact, without, newest)] == [1, 2, None, None]
    assert published([newest, without, contact, first]) == contact
    assert published_before([newest, without, contact, first]) == first
    async with owner_transaction(deployment.owner, deployment.settings) as tx:
        themes = [await store.theme_of_version(tx, tenant.id, number) or {} for number in (1, 2, 3, 4)]
    phones = [theme["support_phone"] for theme in themes]
    assert phones == [AURORA.support_phone, "1800 555 099", None, "1800 555 099"]
    assert (await deployment.administration.find(tenant.slug)).theme == themes[1]
    assert {first.made_by, contact.published_by} == {newest.made_by}
    assert newest.made_by.startswith("operator")


async def test_a_new_tenant_has_its_theme_as_the_first_version(
    haas: Haas, deployment: Deployment, tmp_path: Path
) -> None:
    create = ("tenant", "create", "wren", "--name", "Wren Energy", "--retailer", "Wren Pty Ltd")
    assert (await haas(*create, "--theme", file_with(tmp_path, AURORA))).exit_code == 0
    [only] = await versions_of(deployment, await deployment.administration.find("wren"))
    assert (only.number, only.publication) == (1, 1)
    assert (await haas("tenant", "remove", "wren", "--yes")).exit_code == 0


async def test_what_cannot_be_saved_or_published_changes_nothing(
    haas: Haas, deployment: Deployment, tenant: Tenant, tmp_path: Path
) -> None:
    slug, good = tenant.slug, file_with(tmp_path, AURORA)
    assert (await haas("theme", "check", good)).exit_code == 0
    assert (await haas("theme", "save", slug, good)).exit_code == 0
    assert (await haas("theme", "publish", slug, "1")).exit_code == 0
    before = await deployment.administration.find(slug)
    note = await haas("theme", "save", slug, file_with(tmp_path, BANKSIA), "--note", "two\nlines")
    assert "the note must be one line" in note.output
    pale = {**theme_to_json(AURORA)["light"], "primary": "#9fc9ff"}  # type: ignore[dict-item]
    bad = file_with(tmp_path, AURORA, light=pale, texts={"abn": "1"})
    for refused in (await haas("theme", "check", bad), await haas("theme", "save", slug, bad)):
        assert refused.exit_code == 1
        assert "the text on the primary button: #ffffff on #9fc9ff has 1.7:1" in refused.output
        assert "The nearest shade that passes: light.primary" in refused.output
    assert "has no theme with the number 7" in (await haas("theme", "publish", slug, "7")).output
    assert [each.number for each in await versions_of(deployment, tenant)] == [1]
    async with owner_transaction(deployment.owner, deployment.settings) as tx:  # as an earlier release accepted it
        number = await store.insert_theme_version(
            tx, tenant.id, {**before.theme, "light": pale}, note=None, actor="tests", now=deployment.clock.now()
        )
    refused = await haas("theme", "publish", slug, str(number))
    assert "has 1.7:1" in refused.output
    assert await deployment.administration.find(slug) == before
    assert published(await versions_of(deployment, tenant)).number == 1  # type: ignore[union-attr]


async def test_two_operators_at_once_get_two_versions(deployment: Deployment, tenant: Tenant) -> None:
    async def save(theme: ThemeTokens) -> int:
        return await deployment.administration.save_theme(
            tenant.slug, theme_to_json(theme), note=None, actor="tests", check_theme=check_theme
        )

    assert sorted(await asyncio.gather(save(AURORA), save(BANKSIA))) == [1, 2]
    for number in (1, 2):
        assert await deployment.administration.publish_theme(
            tenant.slug, number, actor="tests", check_theme=check_theme
        )
    with pytest.raises(IntegrityError):
        async with owner_transaction(deployment.owner, deployment.settings) as tx:
            await tx.execute(update(theme_version).where(theme_version.c.brand_id == tenant.id).values(publication=9))


def test_both_changes_can_be_the_arguments_of_a_provision_request() -> None:
    for change in (SaveTheme(theme={"light": {}}, files={"touch_icon": b"\0\xff"}, note="n"), PublishTheme(3)):
        assert msgspec.convert(msgspec.to_builtins(change), DeploymentChange) == change
