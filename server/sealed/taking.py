"""Taking in opened records: each as a push of its author, or, where nobody can tell that it is his, of whoever brought it.

For: `SealedRecords.take`. Not for: photos (photos.py), shapes (routes.py), business rules (server/intake).
Whoever brings a sealed record may be anybody who signed in on that phone. So the author is believed only when the key that he
enrolled for the phone signed the record; else it is judged as the bringer's own push, and so held as another's (`not_author`).
What comes from a phone that was reported lost is held for the supervisor: its key may be in a stranger's hand (S-29).
Source: promises D2, D13, F-06, S-08.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select

import sync.access
from server.access import audit
from server.access.person import Person
from server.access.server_access import ServerAccess
from server.access.sessions import revoked_devices
from server.access.signatures import Signatures
from server.database import writing
from server.intake.tables import fact
from server.ledger.model import JsonObject, JsonValue
from server.receipts import NoCanonicalForm, receipt_hash, revision_of
from server.sealed.opening import CannotOpen, SealKey, bytes_of
from server.services import Services
from sync.access import Refusal
from sync.database import Edit, Outcome, Pusher
from sync.documents import content_of
from sync.errors import BadJson
from sync.revisions import Revision
from sync.strict_json import parse

CANNOT_OPEN = (
    "服务器打不开这条密封的记录，记录仍在手机上，请联系管理员。"
    "The server cannot open this sealed record. It stays on the phone; tell the administrator."
)
NO_RECORD = "密封的内容不是一条记录。What was sealed is not a record."
NO_PLACE = "服务器不认识这条记录的片区，记录仍在手机上。The server does not know the area of this record. It stays on the phone."
FULL = (
    "此人被搁置的记录太多，请先处理；记录仍在手机上。"
    "Too many records of this person are set aside already. It stays on the phone."
)
LOST_PHONE = Refusal(
    "device_revoked",
    "记录来自已挂失停用的手机，已交主管核实。It comes from a phone that was reported lost; the supervisor decides on it.",
)


class Taken(NamedTuple):
    id: str
    state: str  # accepted, held; refused: it is not here, and the phone keeps it
    code: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Author:
    """Whom a record's signature names: not signed in, and judged by the rights he has."""

    name: str
    device: str
    is_operator: bool = False


class _Opened(NamedTuple):
    document: JsonObject
    caller: sync.access.Caller
    rev: Revision
    database: str
    refusal: Refusal | None


class SealedRecords:
    def __init__(self, services: Services, key: SealKey) -> None:
        self._services = services
        self._key = key
        self._access = ServerAccess(services)
        self._signatures = Signatures()

    async def take(self, items: Sequence[Mapping[str, str]], bringer: Person) -> list[Taken]:
        """One answer for each item, in order; safe to repeat. Raises NotCaughtUp: stored, and to be asked about again."""
        opened = await asyncio.to_thread(lambda: [self._open(item, bringer) for item in items])
        answers: dict[str, Taken] = {}
        for item, one in zip(items, opened, strict=True):
            answers[item["id"]] = one if isinstance(one, Taken) else await self._push(one)
        await self._services.intake.catch_up()
        return await asyncio.to_thread(self._judged, items, opened, answers, bringer)

    def _open(self, item: Mapping[str, str], bringer: Person) -> _Opened | Taken:
        name = item["id"]
        try:
            sealed = parse(_unpacked(self._key.open(name, item, bytes_of(item["data"]))))
            document = sealed["document"] if isinstance(sealed, dict) else None
            if not isinstance(document, dict) or document.get("_id") != name or any(
                member != "_id" and member.startswith("_") for member in document
            ):  # fmt: skip
                return Taken(name, "refused", "no_record", NO_RECORD)
            rev = Revision.parse(revision_of(receipt_hash(document)))
        except (CannotOpen, ValueError, BadJson) as error:
            is_opened = isinstance(error, NoCanonicalForm | BadJson)
            return Taken(
                name, "refused", *(("no_record", NO_RECORD) if is_opened else ("cannot_open", CANNOT_OPEN))
            )
        except KeyError:
            return Taken(name, "refused", "no_record", NO_RECORD)
        try:
            database = self._services.directory.current().area_database(str(document.get("area")))
        except KeyError:
            return Taken(name, "refused", "unknown_area", NO_PLACE)
        caller, lost = self._caller_of(document, bringer)
        stamped: JsonObject = {**document, "_rev": str(rev)}
        refusal = self._access.review(caller, database, stamped)
        return _Opened(document, caller, rev, database, refusal or (LOST_PHONE if lost else None))

    def _caller_of(self, document: JsonObject, bringer: Person) -> tuple[sync.access.Caller, bool]:
        with self._services.engine.connect() as connection:
            if self._signatures.standing(connection, document) != "valid":
                return bringer, False
            device = str(document["device"])
            return Author(str(document["author"]), device), bool(revoked_devices(connection, [device]))

    async def _push(self, one: _Opened) -> Taken:
        name = str(one.document["_id"])
        edit = Edit(name, (one.rev,), False, content_of(one.document), refusal=one.refusal)
        database = self._services.store.database(one.database)
        (outcome,) = await database.push([edit], Pusher(one.caller.name, one.caller.device))
        if outcome in (Outcome.HELD_FULL, Outcome.CROWDED):
            return Taken(name, "refused", outcome.value, FULL)
        if outcome is Outcome.HELD and one.refusal is not None:
            return Taken(name, "held", one.refusal.code, one.refusal.reason)
        return Taken(name, "accepted")

    def _judged(
        self,
        items: Sequence[Mapping[str, str]],
        opened: Sequence[_Opened | Taken],
        answers: Mapping[str, Taken],
        bringer: Person,
    ) -> list[Taken]:
        """What intake made of those that were stored."""
        stored = {str(one.document["_id"]): one for one in opened if isinstance(one, _Opened)}
        with self._services.engine.connect() as connection:
            names = [each for name, one in stored.items() for each in (name, f"{name}#{one.rev}")]
            rows = connection.execute(select(fact).where(fact.c.id.in_(names))).all()
        held = {
            row.id.partition("#")[0]: row
            for row in rows
            if row.held_code is not None and row.released_by is None and row.rev == str(stored[row.id.partition("#")[0]].rev)
        }  # fmt: skip
        with writing(self._services.engine) as connection:
            authors = sorted({one.caller.name for one in stored.values() if one.caller.name})
            detail: dict[str, JsonValue] = {"count": len(stored), "authors": [*authors]}
            audit.append(
                connection, self._services.clock.now(), bringer.name, "sealed_records_brought", detail
            )
        return [
            Taken(name, "held", held[name].held_code, held[name].held_reason)
            if name in held and answers[name].state == "accepted"
            else answers[name]
            for name in (item["id"] for item in items)
        ]


def _unpacked(packed: bytes) -> bytes:
    """The JSON of what the phone packed (pwa/src/vault/packing.ts); a record holds no buffers. Raises ValueError."""
    length = int.from_bytes(packed[:4], "big")
    if len(packed) != 4 + length:
        raise ValueError("more than JSON was sealed")
    return packed[4:]
