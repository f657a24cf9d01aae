"""The logs of a running stack are rotated by their size, while their processes write to them."""

from pathlib import Path

from ops.stack.log_rotation import rotate


def test_a_large_log_is_moved_and_its_process_continues_to_write(tmp_path: Path) -> None:
    log, small = tmp_path / "app.log", tmp_path / "worker.log"
    small.write_text("a line\n")
    with log.open("a") as process:  # as the supervisor and nginx open it
        for number in range(3):
            process.write(f"{number}: " + "x" * 100 + "\n")
            process.flush()
            rotate(tmp_path, 100)
            assert log.read_text() == ""
            assert (tmp_path / "app.log.1").read_text().startswith(f"{number}: x")
        process.write("the next line\n")
    rotate(tmp_path, 100)
    assert log.read_text() == "the next line\n"
    assert {file.name for file in tmp_path.iterdir()} == {"app.log", "app.log.1", "worker.log"}


def test_two_files_are_the_most_that_a_log_needs(tmp_path: Path) -> None:
    log = tmp_path / "nginx.log"
    for _ in range(20):
        with log.open("a") as process:
            process.write("x" * 60)
        rotate(tmp_path, 100)
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 3 * 100
