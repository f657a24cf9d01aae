"""The smoke test: it performs the main job as a data recipient and a person do, without a real browser."""
