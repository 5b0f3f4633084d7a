"""What replication and media ask about callers: who they are, and what they may do now.

For: `ServerAccess`, handed to `sync.http.create_app` and `media.create_app`.
Not for: sessions (server/access/service), the calculation of rights (rights), the judgement of documents (ownership).
`permits` and `review` answer from memory: they are asked for every line of a feed and must not wait for anything.
Source: sync/access.py, media/access.py; promises D12, S-01, S-04, S-21, S-22.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import anyio.to_thread
from sqlalchemy import select
from starlette.requests import HTTPConnection

import media.access
import media.errors
import sync.access
import sync.errors
from server.access import audit
from server.access.directory import Snapshot
from server.access.ownership import refusal
from server.access.person import OPERATOR, Person
from server.access.rights import NOBODY, Rights, rights_of
from server.catalogue.registry import RECORD_TYPES
from server.database import writing
from server.errors import Unauthenticated
from server.intake.tables import fact, fact_photo
from server.services import Services
from sync.access import Action, JsonValue, Refusal

log = logging.getLogger(__name__)

# Originals carry places and times in their metadata: for those who judge or file evidence, and for its author (S-21).
ORIGINAL_ROLES = (
    "cs_supervisor", "project_manager", "deputy_gm", "company_leader", "mgmt_rep", "quality_dept", "office_viewer",
)  # fmt: skip
# Never taken from a device: made by the server, or confidential and so kept out of the areas that phones hold.
SERVER_MADE = frozenset(name for name, each in RECORD_TYPES.items() if each.server_made or each.readers)


@dataclass(frozen=True, slots=True)
class OperatorCaller:
    """Whoever has the operator's credential: any database, no photos."""

    name: str
    device: str | None = None
    is_operator: bool = True


class NotSignedIn(sync.errors.Unauthorized, media.errors.Unauthorized):
    """Answered by whichever of the two applications was asked."""

    def __init__(self, error: Unauthenticated) -> None:
        media.errors.Unauthorized.__init__(self, error.reason)
        sync.errors.Unauthorized.__init__(self, error.reason, code=error.code)
        self.code = error.code


class ServerAccess(sync.access.Access, media.access.MediaAccess):
    def __init__(self, services: Services) -> None:
        self._access = services.access
        self._directory = services.directory
        self._clock = services.clock
        self._engine = services.engine
        self._operator = services.settings.operator
        self._rights: dict[str, tuple[Snapshot, Rights]] = {}

    async def identify(self, connection: HTTPConnection) -> Person | OperatorCaller:
        try:
            return self._operator_of(connection) or await self._access.identify(connection)
        except Unauthenticated as error:
            raise NotSignedIn(error) from error

    # Replication

    def permits(self, caller: sync.access.Caller, database: str, action: Action) -> bool:
        if caller.is_operator:
            return True
        right = self._rights_of(caller).databases.get(database)
        if right is None or action is Action.ADMIN:
            return False
        return right.reads if action is Action.READ else right.pushes

    def review(
        self, caller: sync.access.Caller, database: str, document: Mapping[str, JsonValue]
    ) -> Refusal | None:
        return refusal(
            self._directory.recent(),
            self._rights_of(caller),
            caller.device,
            database,
            document,
            SERVER_MADE,
        )

    # Media

    def may_upload(self, caller: media.access.Caller) -> bool:
        return isinstance(caller, Person) and self._rights_of(caller).may_upload

    async def may_view(self, caller: media.access.Caller, sha256: str, view: str) -> bool:
        """Whether a record that names the photo is the caller's to see. Looking at an original leaves an audit entry."""
        if not isinstance(caller, Person):
            return False
        rights = self._rights_of(caller)
        return await anyio.to_thread.run_sync(self._may_view, caller, rights, sha256, view)

    def _may_view(self, caller: Person, rights: Rights, sha256: str, view: str) -> bool:
        # Judged by the database that holds the record, never by the area that a record claims for itself.
        readable = {name for name, right in rights.databases.items() if right.reads}
        naming = (
            select(fact.c.database, fact.c.author, fact.c.type, fact.c.project)
            .join(fact_photo, fact_photo.c.fact_id == fact.c.id)
            .where(fact_photo.c.sha256 == sha256)
        )
        with self._engine.connect() as connection:
            found = connection.execute(naming).all()
        is_author = any(row.author == caller.name for row in found)
        if not is_author and not any(
            row.database in readable or _reads_confidential(caller, row.type, row.project) for row in found
        ):
            return False
        if view != "original":
            return True
        if not is_author and not caller.has_role(*ORIGINAL_ROLES):
            return False
        with writing(self._engine) as connection:
            audit.append(
                connection, self._clock.now(), caller.name, "photo_original_viewed", {"sha256": sha256}
            )
        return True

    # Both

    def _rights_of(self, caller: sync.access.Caller | Person) -> Rights:
        snapshot = self._directory.recent()
        if isinstance(caller, Person) and caller.session in snapshot.ended_sessions:
            return NOBODY
        now = self._clock.now()
        kept = self._rights.get(caller.name)
        if kept is not None and kept[0] is snapshot and _still_hold(kept[1], now):
            return kept[1]
        rights = rights_of(snapshot, caller.name, now)
        if rights is not NOBODY:  # as many as there are users, never as many as there are names
            self._rights[caller.name] = (snapshot, rights)
        return rights

    def _operator_of(self, connection: HTTPConnection) -> OperatorCaller | None:
        given = connection.headers.getlist("authorization")
        scheme, _, encoded = given[0].partition(" ") if len(given) == 1 else ("", "", "")
        if scheme.lower() != "basic":
            return None
        try:
            name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            name = password = ""
        expected = self._operator
        # Both parts are always compared, so that the time tells nothing about either.
        same = expected is not None and all(
            [
                hmac.compare_digest(name.encode(), expected.name.encode()),
                hmac.compare_digest(password.encode(), expected.password.encode()),
            ]
        )
        if not same:
            log.warning("operator credential refused")
            raise Unauthenticated("用户名或密码不正确。The credential is wrong.")
        return OperatorCaller(f"{OPERATOR}{name}")


def _still_hold(rights: Rights, now: datetime) -> bool:
    return rights.valid_until is None or now < rights.valid_until


def _reads_confidential(caller: Person, record_type: str, project: str) -> bool:
    declared = RECORD_TYPES.get(record_type)
    return bool(declared and declared.readers and caller.has_role_in(project, *declared.readers))
