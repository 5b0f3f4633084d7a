"""`xunlu verify` on an installation with records and photos: what is whole is clean, what was spoiled is named.

Source: contract section 1; promises I7, F-38. What a document store looks at is in tests/sync/test_verify.py.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import apsw
import click
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import delete, update

from server.commands.verify import verify
from server.intake.tables import fact, fact_photo
from server.settings import Settings
from server.verification import ALL_KINDS, verify_installation
from sync.sqlite.schema import FILE_NAME
from tests.server.intake import papers
from tests.server.intake.world import MONDAY, World

pytestmark = pytest.mark.anyio
P1, D1 = "decoration_patrol:01KAJ0000000000000000000P1", "decoration_project:01KAJ0000000000000000000D1"
V1 = "violation:01KAJ0000000000000000000V1"


@pytest.fixture
async def installation(world: World) -> World:
    """A violation with its photos, a patrol, a record that was pushed by the wrong person, one that cannot be read."""
    await world.intake.start()
    found = papers.violation(V1, D1, MONDAY)
    await world.take(
        papers.patrol(P1, D1, MONDAY), found, {**papers.patrol("airing:x", D1, MONDAY), "type": "airing"}
    )
    await world.push_refused(papers.patrol(P1[:-1] + "2", D1, MONDAY), "author")
    await world.push_refused({"_id": "airing:y", "author": "steward1", "device": None, "type": 7}, "document")
    world.all_photos_arrive(found)
    await world.intake.check_photos()
    await world.intake.catch_up()
    return world


def run(world: World, *arguments: str) -> Result:
    command: click.Command = verify
    return CliRunner().invoke(
        command,
        arguments,
        env={"XUNLU_DATA": str(world.folder)},
        standalone_mode=False,
        catch_exceptions=False,
    )


def damage(world: World) -> set[str]:
    settings = Settings.from_environ({"XUNLU_DATA": str(world.folder)})
    return {one.kind for one in verify_installation(settings, lambda name: lambda done, total: None)}


def an_original(world: World) -> Path:
    return next(path for path in (world.settings.media / "originals").rglob("*") if path.is_file())


async def test_a_whole_installation_is_clean_beside_the_server_and_without_it(installation: World) -> None:
    beside = run(installation)
    beside_json = json.loads(run(installation, "--json").output)
    await installation.close()
    alone = json.loads(run(installation, "--json").output)
    await installation.open()

    assert beside.return_value == 0
    assert "只读核查" in beside.output
    assert "全部完好" in beside.output
    assert beside_json == {"is_clean": True, "is_serving": True, "damage": []}
    assert alone == {"is_clean": True, "is_serving": False, "damage": []}


async def test_a_photo_with_a_flipped_bit_is_named_with_what_to_do(installation: World) -> None:
    photo = an_original(installation)
    content = bytearray(photo.read_bytes())
    content[len(content) // 2] ^= 1
    photo.chmod(0o600)
    photo.write_bytes(content)

    told = run(installation)
    shown: dict[str, Any] = json.loads(run(installation, "--json").output)

    assert told.return_value == 1
    assert photo.name in told.output
    assert "照片与其名字" in told.output
    assert [(one["kind"], Path(one["place"]).name) for one in shown["damage"]] == [
        ("photo_damaged", photo.name)
    ]
    assert not shown["damage"][0]["todo"]["zh"].isascii()


async def test_a_missing_photo_and_a_stray_file_are_found(installation: World) -> None:
    photo = an_original(installation)
    photo.rename(photo.with_name("IMG_0001.jpg"))

    assert damage(installation) == {"photo_missing", "photo_stray"}


async def test_a_record_that_differs_from_its_receipt_hash_is_found(installation: World) -> None:
    with installation.engine.begin() as connection:
        changed = papers.patrol(P1, D1, MONDAY) | {"performed_at": "2020-01-01T00:00:00Z"}
        connection.execute(update(fact).where(fact.c.id == P1).values(document=changed))

    assert damage(installation) == {"fact_disagrees"}


async def test_a_record_whose_document_is_gone_or_another_is_found(installation: World) -> None:
    with installation.engine.begin() as connection:
        connection.execute(update(fact).where(fact.c.id == P1).values(rev="1-" + "0" * 32))
    assert damage(installation) == {"fact_missing"}

    with installation.engine.begin() as connection:
        connection.execute(delete(fact).where(fact.c.id == P1))
        connection.execute(delete(fact_photo))
    await installation.close()
    db = apsw.Connection(str(installation.settings.documents / FILE_NAME), flags=apsw.SQLITE_OPEN_READWRITE)
    db.execute(
        "UPDATE held SET content = CAST(replace(CAST(content AS TEXT), 'steward1', 'steward9') AS BLOB) WHERE id LIKE ?",
        ("decoration_patrol:%",),
    ).fetchall()
    assert db.changes() == 1
    db.close()
    try:
        assert damage(installation) == {"fact_missing"}
    finally:
        await installation.open()


def test_every_kind_has_words_and_an_empty_installation_is_clean(tmp_path: Path) -> None:
    assert all(len(words) == 4 and all(words) for words in ALL_KINDS.values())

    settings = Settings.from_environ({"XUNLU_DATA": str(tmp_path)})

    assert list(verify_installation(settings, lambda name: lambda done, total: None)) == []
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]  # which every command makes
