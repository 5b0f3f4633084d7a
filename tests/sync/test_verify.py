"""What is damaged is found, each kind; what is whole is not accused, also while it is written.

Source: promises F-38.
"""

from __future__ import annotations

import asyncio
import os
import random
import zlib
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from sync.access import Refusal
from sync.attachments import NewAttachment, digest_of, with_attachments
from sync.database import Edit
from sync.sqlite import SqliteStore, open_store
from sync.sqlite.schema import FILE_NAME, rows
from sync.sqlite.verify import verify
from sync.verification import KINDS
from tests.sync.store_contract import STEWARD, edit, rev

pytestmark = pytest.mark.anyio
PICTURE = random.Random(5).randbytes(6000)


async def fill(store: SqliteStore) -> None:
    """A document of each sort: once written, edited, in conflict, deleted, with an attachment, held."""
    await store.create("area-a1")
    await store.create("area-empty")
    area = store.database("area-a1")
    await area.push(
        [edit(f"once{n}", "1-a", text=f"finding number {n} at the door") for n in range(20)], STEWARD
    )
    await area.push([edit("edited", "1-a", n=1)], STEWARD)
    await area.push([edit("edited", "2-b", "1-a", n=2)], STEWARD)
    first, second = f"1-{1:032x}", f"2-{2:032x}"
    await area.push([edit("lined", first, n=11)], STEWARD)
    await area.push([edit("lined", second, first, n=12)], STEWARD)
    await area.push([edit("conflict", "1-a", n=1)], STEWARD)
    await area.push([edit("conflict", "2-b", "1-a", n=2), edit("conflict", "2-c", "1-a", n=3)], STEWARD)
    await area.push([edit("gone", "1-a")], STEWARD)
    await area.push([edit("gone", "2-b", "1-a", deleted=True)], STEWARD)
    stub = {
        "content_type": "image/png",
        "revpos": 1,
        "digest": digest_of(PICTURE),
        "length": len(PICTURE),
        "stub": True,
    }
    content = with_attachments(b'{"text":"a pipe"}', {"pipe.png": stub})
    new = (NewAttachment("pipe.png", PICTURE),)
    await area.push([Edit("pictured", (rev("1-a"),), False, content, attachments=new)], STEWARD)
    await area.push([edit("held", "1-a", refusal=Refusal("author", "不是作者"), text="held back")], STEWARD)
    await area.write_local("steward1", "checkpoint", b'{"seq":1}')


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    store = open_store(tmp_path)
    await fill(store)
    await store.close()
    return tmp_path


def found(folder: Path) -> set[tuple[str, str]]:
    return {(damage.kind, damage.place) for damage in verify(folder)}


def kinds(folder: Path) -> set[str]:
    return {kind for kind, _ in found(folder)}


def change(folder: Path, *statements: str) -> None:
    db = apsw.Connection(str(folder / FILE_NAME), flags=apsw.SQLITE_OPEN_READWRITE)
    for statement in statements:
        rows(db, statement)
    db.close()


def spoil(folder: Path, what: bytes, place: int = 0, flip: int = 1) -> None:
    """One bit of the file, wherever `what` lies in it: the space between rows may hold an older copy."""
    content = bytearray((folder / FILE_NAME).read_bytes())
    start = content.index(what)
    while start >= 0:
        content[start + place] ^= flip
        start = content.find(what, start + 1)
    (folder / FILE_NAME).write_bytes(content)


async def test_a_whole_store_is_clean_and_tells_how_far_it_is(folder: Path) -> None:
    seen: list[tuple[int, int]] = []

    assert list(verify(folder, lambda done, total: seen.append((done, total)))) == []

    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1] > 20
    assert seen == sorted(seen)


async def test_a_store_is_clean_while_it_is_written_and_compacted(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    await fill(store)
    area = store.database("area-a1")
    is_over = False

    async def write() -> None:
        generation = 2
        while not is_over:
            generation += 1
            now, before = f"{generation}-b", f"{generation - 1}-b"
            await area.push([edit("edited", now, before, n=generation)], STEWARD)
            await area.push([edit(f"new{generation}", "1-a", text="x" * 500)], STEWARD)
            if generation % 10 == 0:
                await area.compact()

    writing = asyncio.create_task(write())
    for _ in range(5):
        assert [damage async for damage in store.verify()] == []
    is_over = True
    await writing
    await store.close()


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("UPDATE body SET content = CAST('{\"n\":9}' AS BLOB) WHERE content = CAST('{\"n\":2}' AS BLOB)", "body_damaged"),
        ("DELETE FROM body WHERE n = (SELECT body FROM doc WHERE id = 'once3')", "body_missing"),
        ("DELETE FROM body WHERE n = (SELECT body FROM doc WHERE id = 'once3')", "place_empty"),
        ("DELETE FROM doc WHERE id = 'once3'", "body_unclaimed"),
        ("DELETE FROM source", "body_without_source"),
        ("UPDATE doc SET tree = X'00' WHERE id = 'edited'", "tree_unreadable"),
        ("UPDATE doc SET tree = X'' WHERE id = 'edited'", "tree_unreadable"),
        ("UPDATE doc SET tree = substr(tree, 1, 9) WHERE id = 'edited'", "tree_unreadable"),
        ("UPDATE doc SET tree = substr(tree, 1, 9) WHERE id = 'lined'", "tree_unreadable"),
        ("UPDATE doc SET tree = substr(tree, 1, 50) WHERE id = 'lined'", "tree_unreadable"),
        ("DELETE FROM body WHERE content = CAST('{\"n\":11}' AS BLOB)", "body_missing"),
        ("UPDATE doc SET rev = '3-c' WHERE id = 'lined'", "row_disagrees"),
        ("UPDATE doc SET rev = '2-b' WHERE id = 'conflict'", "row_disagrees"),
        ("UPDATE doc SET deleted = 1 WHERE id = 'edited'", "row_disagrees"),
        ("UPDATE doc SET leaves = 1 WHERE id = 'conflict'", "row_disagrees"),
        ("UPDATE doc SET seq = seq + 1000 WHERE id = 'once3'", "place_empty"),
        ("UPDATE doc SET db = 77 WHERE id = 'once3'", "row_disagrees"),
        ("UPDATE meta SET value = 3 WHERE name = 'last_seq'", "number_beyond_end"),
        ("UPDATE held SET n = (SELECT min(n) FROM body)", "number_used_twice"),
        ("UPDATE db SET documents = documents + 1", "counters_disagree"),
        ("UPDATE db SET deleted_documents = 0", "counters_disagree"),
        ("UPDATE db SET content_bytes = content_bytes - 1", "counters_disagree"),
        ("UPDATE place SET documents = documents + 1", "counters_disagree"),
        ("DELETE FROM place", "counters_disagree"),
        ("UPDATE attachment SET digest = 'md5-'", "attachment_damaged"),
        ("DELETE FROM attachment", "attachment_missing"),
        ("DELETE FROM attached", "attachment_missing"),
        ("DELETE FROM attached", "attachment_unclaimed"),
        ("UPDATE held SET history = '[]'", "held_unreadable"),
        ("UPDATE held SET content = X'7B'", "held_unreadable"),
    ],
)  # fmt: skip
async def test_what_does_not_agree_is_found(folder: Path, statement: str, kind: str) -> None:
    change(folder, statement)

    assert kind in kinds(folder)


async def test_a_body_that_is_no_strict_json_is_found_even_with_its_checksum(folder: Path) -> None:
    bad = b'{"n":1,"n":2}'
    change(
        folder,
        f"UPDATE body SET crc = {zlib.crc32(bad)}, content = X'{bad.hex()}' "
        "WHERE n = (SELECT body FROM doc WHERE id = 'once3')",
    )

    assert ("body_not_json", "area-a1/once3") in {
        (kind, place.split(" ")[0]) for kind, place in found(folder)
    }


async def test_a_flipped_bit_in_a_body_an_attachment_or_the_structure_is_found(folder: Path) -> None:
    def damaged_by(harm: Callable[[], None]) -> set[str]:
        whole = (folder / FILE_NAME).read_bytes()
        harm()
        answer = kinds(folder)
        (folder / FILE_NAME).write_bytes(whole)
        return answer

    assert damaged_by(lambda: spoil(folder, b"finding number 7")) == {"body_damaged"}
    assert damaged_by(lambda: spoil(folder, PICTURE[100:164], 30)) == {"attachment_damaged"}
    assert "file_damaged" in damaged_by(lambda: spoil(folder, b"once7"))  # an id that its index does not know
    assert "file_damaged" in damaged_by(lambda: os.truncate(folder / FILE_NAME, 8192 * 8))
    assert kinds(folder) == set()


async def test_every_one_of_50_rotten_bits_is_found_in_one_run(folder: Path) -> None:
    """A tenth of promises F-38; every bit lies in a body or an attachment."""
    dice = random.Random(38)
    store = open_store(folder)
    texts = [f"{n:04d} " + dice.randbytes(200).hex() for n in range(60)]
    await store.database("area-a1").push(
        [edit(f"doc{n}", "1-a", text=text) for n, text in enumerate(texts)], STEWARD
    )
    await store.close()
    rotten = dice.sample(range(60), 50)
    for n in rotten:
        spoil(folder, texts[n].encode(), dice.randrange(400), 1 << dice.randrange(7))

    damaged = {place.split(" ")[0] for kind, place in found(folder) if kind == "body_damaged"}

    assert damaged == {f"area-a1/doc{n}" for n in rotten}


async def test_a_file_that_cannot_be_opened_is_told_so(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database" * 1000)

    assert kinds(tmp_path) == {"file_damaged"}


def test_every_kind_says_what_and_what_to_do_in_both_languages() -> None:
    for what_zh, what_en, todo_zh, todo_en in KINDS.values():
        assert not (what_zh + todo_zh).isascii()
        assert what_en
        assert todo_en
        assert what_en.isascii()
        assert todo_en.isascii()


async def test_it_can_be_ended_within_a_long_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class EnoughError(Exception):
        pass

    def progress(done: int, total: int) -> None:
        pulses.append(done)
        if len(pulses) > 3:
            raise EnoughError

    pulses: list[int] = []
    monkeypatch.setattr("sync.sqlite.verify.STEPS_BETWEEN_PULSES", 10)

    with pytest.raises(EnoughError):
        list(verify(folder, progress))

    assert set(pulses) == {0}  # it has not come to the first document
