"""Work sealed by one person and brought by another arrives as the first one's, once, and nobody can forge him (F-06, S-29)."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from server.access import administration, devices
from server.sealed.opening import CannotOpen, SealKey, bytes_of
from server.sealed.photos import SealedPhotos
from server.sealed.taking import SealedRecords
from tests.server.intake import papers
from tests.server.intake.world import MONDAY, World
from tests.server.sealed.phone import pieces, seal, sealed_record

pytestmark = pytest.mark.anyio
D1 = "decoration_project:D1"
VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "sealed.json").read_text())


class Phone:
    """steward1's, whose key is enrolled."""

    def __init__(self, world: World) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.server = SealKey.in_folder(world.folder)
        given = {"device": "dev-steward1", "public_jwk": papers.public_jwk(self.key)}
        devices.enrol(world.engine, world.person("steward1"), given, MONDAY)

    def seals(self, *documents: dict[str, Any]) -> list[dict[str, str]]:
        return [sealed_record(self.server, papers.signed(document, self.key)) for document in documents]


@pytest.fixture
async def phone(world: World) -> Phone:
    await world.decoration(D1)
    return Phone(world)


async def bring(
    world: World, items: list[dict[str, str]], by: str = "steward2"
) -> list[tuple[str, str | None]]:
    taken = await SealedRecords(world.services, SealKey.in_folder(world.folder)).take(items, world.person(by))
    assert [one.id for one in taken] == [item["id"] for item in items]
    return [(one.state, one.code) for one in taken]


def patrol(number: int, **more: Any) -> dict[str, Any]:
    return papers.patrol(f"decoration_patrol:P{number}", D1, MONDAY + timedelta(minutes=number), **more)


async def test_twenty_of_twenty_arrive_under_the_first_name_and_a_repetition_changes_nothing(
    world: World, phone: Phone
) -> None:
    items = phone.seals(*(patrol(number) for number in range(20)))

    answers = await bring(world, items)
    rows = [world.fact_row(item["id"]) for item in items]
    again = await bring(world, items, by="office1")

    assert answers == again == [("accepted", None)] * 20
    assert {(row.author, row.device, row.held_code) for row in rows} == {("steward1", "dev-steward1", None)}
    assert len(await world.store.journal(0, 1000)) == len(
        {entry.id for entry in await world.store.journal(0, 1000)}
    )


async def test_nobody_can_forge_an_author(world: World, phone: Phone) -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    forged = [
        sealed_record(phone.server, papers.signed(patrol(1), stranger)),
        sealed_record(phone.server, patrol(2)),
        sealed_record(
            phone.server, papers.signed(patrol(3), phone.key) | {"performed_at": papers.text(MONDAY)}
        ),
    ]

    answers = await bring(world, forged)

    assert answers == [("held", "not_author")] * 3
    assert {world.fact_row(item["id"]).author for item in forged} == {"steward2"}
    status = await world.status(D1)
    assert status is not None
    assert status["fields"]["last_patrol_at"] is None


async def test_what_breaks_a_rule_is_held_with_its_reason_as_after_a_push(world: World, phone: Phone) -> None:
    ((state, code),) = await bring(world, phone.seals(patrol(1, body={"items": []})))

    assert state == "held"
    assert code is not None
    assert code == world.fact_row("decoration_patrol:P1").held_code


async def test_work_of_a_disabled_author_or_a_lost_phone_waits_for_the_supervisor(
    world: World, phone: Phone
) -> None:
    administration.revoke_device(world.engine, "dev-steward1", at=MONDAY, by="admin1")
    lost = await bring(world, phone.seals(patrol(1)))
    administration.disable_user(world.engine, "steward1", at=MONDAY)
    disabled = await bring(world, phone.seals(patrol(2)))

    assert lost == [("held", "device_revoked")]
    assert disabled == [("held", "not_signed_in")]
    assert world.fact_row("decoration_patrol:P1").author == "steward1"


async def test_what_cannot_be_opened_stays_on_the_phone(world: World, phone: Phone) -> None:
    (good,) = phone.seals(patrol(1))
    spoilt = [
        good | {"id": "decoration_patrol:P9"},
        good | {"kid": "another"},
        good | {"data": good["data"][:-4] + "AAAA"},
        {"id": "decoration_patrol:P7", **seal(phone.server, "decoration_patrol:P7", b"\x00\x00\x00\x02{}")},
        {
            "id": "decoration_patrol:P8",
            **seal(phone.server, "decoration_patrol:P8", b'\x00\x00\x00\x09{"a":1e999'),
        },
    ]

    answers = await bring(world, [*spoilt, *phone.seals(patrol(2) | {"area": "a9"})])

    assert {state for state, _ in answers} == {"refused"}
    assert [code for _, code in answers][:3] == ["cannot_open"] * 3
    assert answers[-1] == ("refused", "unknown_area")


async def test_a_sealed_photo_comes_in_pieces_and_only_when_a_record_names_it(
    world: World, phone: Phone
) -> None:
    photos = SealedPhotos(world.services, phone.server)
    document = patrol(1)
    sha256 = document["photos"][0]["sha256"]
    content = next(papers.photo(name) for name in _names(document) if papers.sha256_of(name) == sha256)
    sent = pieces(phone.server, sha256, content, 100)
    early = await photos.take(sent[0])
    await bring(world, phone.seals(document))

    standings = [await photos.take(piece) for piece in [*sent[:2], sent[1], *sent[2:]]]

    assert (early.state, early.code) == ("refused", "not_named")
    assert [one.state for one in standings] == ["partial"] * len(sent) + ["accepted"]
    assert standings[1].offset == standings[2].offset == 200  # said twice: it stands where it stood
    assert world.evidence.has(sha256)
    assert (await photos.take(sent[0])).state == "accepted"
    assert list((world.folder / "sealed").iterdir()) == []


async def test_a_sealed_photo_that_is_another_is_not_kept(world: World, phone: Phone) -> None:
    photos = SealedPhotos(world.services, phone.server)
    document = patrol(1)
    await bring(world, phone.seals(document))
    sha256 = document["photos"][0]["sha256"]

    (piece,) = pieces(phone.server, sha256, papers.photo("another"), 100_000)

    assert (await photos.take(piece)).code == "not_a_photo"
    assert (await photos.take(piece | {"kid": "x"})).code == "cannot_open"
    assert not world.evidence.has(sha256)


def test_what_the_phone_sealed_is_opened(tmp_path: Path) -> None:
    private = VECTOR["private"]
    number = int.from_bytes(bytes_of(private["d"]), "big")
    key, item = SealKey(ec.derive_private_key(number, ec.SECP256R1())), VECTOR["item"]

    opened = key.open(item["id"], item, bytes_of(item["data"]))

    assert json.loads(opened[4:])["document"] == VECTOR["document"]
    with pytest.raises(CannotOpen):
        key.open("another", item, bytes_of(item["data"]))


def test_the_key_is_made_once_and_nobody_else_can_read_it(tmp_path: Path) -> None:
    first, again = SealKey.in_folder(tmp_path), SealKey.in_folder(tmp_path)

    assert first.public == again.public
    assert (tmp_path / "seal.pem").stat().st_mode & 0o077 == 0


def _names(document: dict[str, Any]) -> list[str]:
    return [
        f"{word} of {document['_id']}" for word in ("overview", "first", "second", "after", "room", "extra")
    ]
