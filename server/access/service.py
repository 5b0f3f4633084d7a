"""Signing in, staying signed in, and knowing who a request comes from.

For: `AccessService`, which routes and `server_access` ask. Everything that blocks runs in threads of its own.
Not for: rights on databases (server/access/rights), or changing the directory (server/access/administration).
Source: contract section 5; promises D11, D12, S-12 to S-15, S-29.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

import anyio
import anyio.to_thread
from sqlalchemy import Connection, Engine, insert, select
from starlette.requests import HTTPConnection

from server.access import administration, audit, tables
from server.access.attempts import Attempts
from server.access.directory import Directory, Snapshot
from server.access.passwords import Passwords
from server.access.person import Person
from server.access.sessions import LiveSession, Sessions, Tokens, end_session, revoked_devices
from server.access.tokens import AccessTokens
from server.clock import Clock
from server.database import writing
from server.errors import DeviceRevoked, Unauthenticated, WrongCredentials
from server.settings import Settings

THREADS = 8
MAX_LIVE = 10_000
Result = TypeVar("Result")


class Feeds(Protocol):
    """What is asked of the document store."""

    @property
    def epoch(self) -> str: ...

    def recheck_access(self) -> None:
        """Wake every open feed, so that its rights are judged again."""
        ...


@dataclass(frozen=True, slots=True)
class SignedIn:
    tokens: Tokens
    mark: str  # for the browser's cookie


class AccessService:
    def __init__(
        self, engine: Engine, directory: Directory, settings: Settings, clock: Clock, store: Feeds
    ) -> None:
        self._engine = engine
        self._directory = directory
        self._clock = clock
        self._store = store
        self._passwords = Passwords()
        self._attempts = Attempts(engine)
        self._tokens = AccessTokens(settings.secret)
        self._sessions = Sessions(engine, settings.secret, self._tokens)
        self._threads = anyio.CapacityLimiter(THREADS)
        self._live: dict[str, tuple[Snapshot, str, LiveSession]] = {}  # sessions that lived at a snapshot
        self._seen_version = -1
        self._next_edge: datetime | None = None

    async def sign_in(self, name: str, password: str, device: str | None, mark: str | None) -> SignedIn:
        """Open a session. `mark` is what this browser's cookie holds, if it has one.

        Raises WrongCredentials for an unknown user, a wrong password and a disabled account alike; TooManyTries,
        AccountLocked, ServerBusy; DeviceRevoked, after the right password only.
        """
        number = await self._run(self._attempts.reserve, name, mark, self._clock.now())
        password_hash = await self._run(self._password_hash, name)
        if not await self._passwords.check(password_hash, password):
            raise WrongCredentials("用户名或密码不正确。The user name or the password is wrong.")
        return await self._run(self._open_session, name, device, number, mark)

    async def refresh(self, token: str, proof: str | None = None) -> Tokens:
        """Raises RefreshRefused when one has to sign in again, DeviceRevoked for a lost phone."""
        return await self._run(self._sessions.refresh, token, self._store.epoch, self._clock.now(), proof)

    async def sign_out(self, person: Person) -> None:
        """End the session of this request. Safe to repeat."""
        await self._run(self._end_session, person)
        await self.notice_changes()

    async def identify(self, connection: HTTPConnection) -> Person:
        """The person a request comes from, by the rights in force now. Raises Unauthenticated."""
        return await self.identify_token(bearer_token(connection))

    async def identify_token(self, token: str) -> Person:
        now = self._clock.now()
        claims = self._tokens.read(token, now)
        person = self._known_person(claims.session, claims.user, now)
        if person is not None:
            return person
        return await self._run(self._person, claims.session, claims.user)

    async def revoke_device(self, device: str, by: str) -> None:
        """A phone was lost: its sessions are dead at once."""
        await self._run(
            lambda: administration.revoke_device(self._engine, device, at=self._clock.now(), by=by)
        )
        await self.notice_changes()

    async def notice_changes(self) -> bool:
        """Have every open feed judge its rights again, if the directory changed or a grant began or ended.

        Returns whether it did. server/startup calls it every second, because other processes change the directory
        too, and grants end by themselves.
        """
        now = self._clock.now()
        snapshot = await self._run(self._directory.current)
        edge_passed = self._next_edge is not None and self._next_edge <= now
        changed = snapshot.version != self._seen_version or edge_passed
        if changed:
            self._seen_version = snapshot.version
            self._next_edge = snapshot.next_change_after(now)
            self._store.recheck_access()
        return changed

    async def _run(self, function: Callable[..., Result], *arguments: object) -> Result:
        # Threads of our own: a request is identified even while exports or photos keep the others busy.
        return await anyio.to_thread.run_sync(function, *arguments, limiter=self._threads)

    def _password_hash(self, name: str) -> str | None:
        with self._engine.connect() as connection:
            active = select(tables.user.c.password_hash).where(
                tables.user.c.name == name, tables.user.c.is_active.is_(True)
            )
            return connection.execute(active).scalar_one_or_none()

    def _open_session(self, name: str, device: str | None, number: int, mark: str | None) -> SignedIn:
        now = self._clock.now()
        with writing(self._engine) as connection:
            active = select(tables.user.c.is_active).where(tables.user.c.name == name)
            if not connection.execute(active).scalar_one_or_none():  # disabled meanwhile
                raise WrongCredentials("用户名或密码不正确。The user name or the password is wrong.")
            if device is not None and revoked_devices(connection, [device]):
                raise DeviceRevoked("这部手机已被管理员停用。This phone was reported lost.")
            kept_mark = self._attempts.succeed(connection, number, mark, now)
            if device is not None:
                _note_device(connection, device, name, now)
            tokens = self._sessions.open(connection, name, device, self._store.epoch, now)
            audit.append(connection, now, name, "signed_in", {"device": device})
        return SignedIn(tokens, kept_mark)

    def _end_session(self, person: Person) -> None:
        now = self._clock.now()
        with writing(self._engine) as connection:
            if person.session is not None:
                end_session(connection, person.session, "signed_out", now)
                audit.append(connection, now, person.name, "signed_out", {"device": person.device})

    def _known_person(self, session: str, user: str, now: datetime) -> Person | None:
        """As `_person`, when nothing was changed since it last looked: the end of a session is counted as a change too."""
        snapshot, known = self._directory.glance(), self._live.get(session)
        if known is None or known[:2] != (snapshot, self._store.epoch) or known[2].user != user:
            return None
        return snapshot.person(user, now, known[2].device, session) if snapshot is not None else None

    def _person(self, session: str, user: str) -> Person:
        snapshot, epoch = self._directory.current(), self._store.epoch
        live = self._sessions.live(
            session, epoch
        )  # after the snapshot: ended since, it is a change that the next one shows
        person = snapshot.person(user, self._clock.now(), live.device, live.id)
        if person is None or live.user != user:
            raise Unauthenticated("请先登录。Sign in first.")
        if len(self._live) >= MAX_LIVE:
            self._live.clear()
        self._live[session] = (snapshot, epoch, live)
        return person


def bearer_token(connection: HTTPConnection) -> str:
    """The token of the one `Authorization: Bearer` header. Raises Unauthenticated."""
    given = connection.headers.getlist("authorization")
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("请先登录。Sign in first.")
    return token


def _note_device(connection: Connection, device: str, user: str, now: datetime) -> None:
    table = tables.device
    known = select(table.c.id).where(table.c.id == device, table.c.user == user)
    if connection.execute(known).first() is None:
        connection.execute(insert(table).values(id=device, user=user, name="", first_seen_at=now))
