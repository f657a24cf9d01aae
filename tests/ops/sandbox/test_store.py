"""The sandbox's storage."""

from pathlib import Path

import msgspec

from ops.sandbox.store import Collection, Store


class Note(msgspec.Struct, frozen=True):
    text: str


async def test_documents_can_be_added_changed_and_removed(tmp_path: Path) -> None:
    store = Store(tmp_path / "s.sqlite")
    notes = Collection(store, "note", Note, limit=3)
    assert await notes.add("a", Note("1"))
    assert not await notes.add("a", Note("2"))
    assert await notes.get("a") == Note("1")
    assert await notes.change("a", lambda note: Note(note.text + "!")) == Note("1!")
    assert await notes.change("b", lambda note: note) is None
    for key in "bcde":
        await notes.put(key, Note(key))
    assert [note.text for note in await notes.all()] == ["c", "d", "e"]
    assert await notes.remove("c")
    assert not await notes.remove("c")
    store.close()
