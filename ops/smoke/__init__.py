"""The smoke test: it performs the data sharing process as a data recipient and a person, without a real browser."""
