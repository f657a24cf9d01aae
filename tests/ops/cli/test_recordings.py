"""`haas recordings` keeps complete paths only, and finds a screen that was changed."""

from pathlib import Path

from click.testing import CliRunner, Result

from ops.cli import main

AUTHORISE = ("recipient", "identify", "one-time-password", "accounts", "review", "recipient-connected")
WITHDRAW = ("dashboard", "dashboard-stop-sharing", "dashboard-stopped", "recipient-ended")


def haas(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def draw(folder: Path, prefix: str, *screens: str) -> None:
    folder.mkdir(exist_ok=True)
    for number, screen in enumerate(screens, 1):
        (folder / f"{prefix}-{number:02}-{screen}.png").write_bytes(f"{prefix} {screen}".encode())


def test_complete_paths_are_kept_with_their_digests(tmp_path: Path) -> None:
    screenshots, kept = tmp_path / "screenshots", tmp_path / "kept"
    draw(screenshots, "aurora-phone", *AUTHORISE, *WITHDRAW)
    draw(screenshots, "aurora-phone-amend", "identify", "one-time-password", "accounts", "review")
    draw(screenshots, "aurora-phone-dark", *AUTHORISE)
    draw(screenshots, "aurora-phone-dark-amend", "identify", "one-time-password", "accounts", "review")
    draw(screenshots, "banksia-desktop", *AUTHORISE[:3])
    draw(screenshots, "recipient-aurora-desktop", "bills")
    done = haas("recordings", "keep", screenshots, kept, "--release", "2.0")
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        "aurora, phone, light, amend: 4 screens",
        "aurora, phone, light, authorise: 6 screens",
        "aurora, phone, light, withdraw: 4 screens",
        "aurora, phone, dark, amend: 4 screens",
        "aurora, phone, dark, authorise: 6 screens",
    ]
    assert "Release 2.0: 5 recordings" in haas("recordings", "check", kept).output
    assert haas("recordings", "keep", screenshots, kept).exit_code == 1, "a recording is never replaced"
    changed = kept / "aurora-phone-05-review.png"
    changed.write_bytes(b"another")
    wrong = haas("recordings", "check", kept)
    assert (wrong.exit_code, changed.name in wrong.output) == (1, True)


def test_a_missing_amendment_is_a_warning_and_a_missing_authorisation_an_error(tmp_path: Path) -> None:
    screenshots = tmp_path / "screenshots"
    draw(screenshots, "aurora-phone", *AUTHORISE[:3], *WITHDRAW)
    refused = haas("recordings", "keep", screenshots, tmp_path / "kept")
    assert (refused.exit_code, "no complete path" in refused.output) == (1, True)
    draw(screenshots, "aurora-phone", *AUTHORISE)
    warned = haas("recordings", "keep", screenshots, tmp_path / "kept")
    assert "Warning: no amendment is recorded with the theme aurora" in warned.output
