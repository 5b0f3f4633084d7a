"""Sessions: a sign-in on one phone or browser, kept alive by refresh tokens that are each used once.

For: opening, refreshing and ending a session, and the cheap read that every request makes.
Not for: passwords, access tokens' form (server/access/tokens), or rights.
A refresh token's successor is made from it with the server's secret, so that nothing plain is stored and a phone
that lost the reply gets the very same pair again within GRACE; later only when it proves, by the key enrolled for this
phone, that it is the phone, and as long as nobody used the successor. Anything else that shows a used token means that two
hold it: the whole session ends, for the thief and for the owner. A thief who used the successor first is met that way too.
Source: promises D11, S-13, S-14, S-29, S-32; RFC 9700, 4.14.2.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, insert, select, update

from server.access import changes, tables
from server.access.signatures import Signatures, is_signed_text
from server.access.tables import refresh_token, session
from server.access.tokens import LIFETIME, AccessTokens
from server.database import writing
from server.errors import DeviceRevoked, RefreshRefused, Unauthenticated

REFRESH_LIFETIME = timedelta(days=30)  # a phone left in a drawer for longer asks for the password
GRACE = timedelta(seconds=60)
PROOF = "xunlu refresh 1 "  # before the token in what a phone signs, so that no signature serves for anything else
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Tokens:
    access_token: str
    refresh_token: str
    expires_in: int  # seconds


@dataclass(frozen=True, slots=True)
class LiveSession:
    id: str
    user: str
    device: str | None


class Sessions:
    def __init__(self, engine: Engine, secret: str, tokens: AccessTokens) -> None:
        self._engine = engine
        self._tokens = tokens
        self._signatures = Signatures()
        self._key = hmac.new(secret.encode(), b"xunlu refresh token 1", hashlib.sha256).digest()

    def open(
        self, connection: Connection, user: str, device: str | None, epoch: str, now: datetime
    ) -> Tokens:
        session_id = secrets.token_urlsafe(18)
        connection.execute(
            insert(session).values(id=session_id, user=user, device=device, epoch=epoch, created_at=now)
        )
        first = secrets.token_urlsafe(32)
        self._store(connection, first, session_id, now)
        return self._pair(user, session_id, first, now)

    def refresh(self, token: str, epoch: str, now: datetime, proof: str | None = None) -> Tokens:
        """The next pair; within GRACE, or with `proof`, the same pair again.

        `proof`: a detached JWS of the token by the phone's enrolled key.
        Raises RefreshRefused, or DeviceRevoked for a lost phone.
        """
        if _TOKEN.fullmatch(token) is None:
            raise _refused()
        with writing(self._engine) as connection:
            row = connection.execute(
                select(refresh_token, session)
                .join(session, session.c.id == refresh_token.c.session)
                .where(refresh_token.c.hash == _hashed(token))
            ).one_or_none()
            if row is None:
                raise _refused()
            _refuse_ended(row, epoch)
            if row.used_at is None:
                if row.expires_at <= now:
                    raise _refused()
                return self._next(connection, row, token, now)
            if now < row.used_at + GRACE:
                return self._pair(row.user, row.session, self._successor(token), row.used_at)
            if self._is_the_phone(connection, row, token, proof, now):
                # As if it were given out now: the pair is the same, only its access token begins anew.
                return self._pair(row.user, row.session, self._successor(token), now)
            _end(connection, session.c.id == row.session, "replayed", now)
        raise _refused()  # after the end is committed

    def live(self, session_id: str, epoch: str) -> LiveSession:
        """Raises Unauthenticated when the session is over, or from before a restore; DeviceRevoked for a lost phone."""
        with self._engine.connect() as connection:
            row = connection.execute(select(session).where(session.c.id == session_id)).one_or_none()
        if row is None or row.epoch != epoch or row.ended_at is not None:
            if row is not None and row.end_reason == "device_revoked":
                raise DeviceRevoked(_LOST_PHONE)
            raise Unauthenticated("请先登录。Sign in first.")
        return LiveSession(row.id, row.user, row.device)

    def _is_the_phone(
        self, connection: Connection, row: Row[Any], token: str, proof: str | None, now: datetime
    ) -> bool:
        if proof is None:
            return False
        successor = refresh_token.c.hash == _hashed(self._successor(token))
        unused = select(refresh_token.c.hash).where(
            successor, refresh_token.c.used_at.is_(None), refresh_token.c.expires_at > now
        )
        if connection.execute(unused).first() is None:
            return False
        key = self._signatures.key_of(connection, row.device, row.user)
        return key is not None and is_signed_text(f"{PROOF}{token}".encode(), proof, key)

    def _next(self, connection: Connection, row: Row[Any], token: str, now: datetime) -> Tokens:
        successor = self._successor(token)
        connection.execute(
            update(refresh_token).where(refresh_token.c.hash == _hashed(token)).values(used_at=now)
        )
        # Long after a token ran out its replay can no longer be told from an invention, and is refused all the same.
        connection.execute(delete(refresh_token).where(refresh_token.c.expires_at < now - REFRESH_LIFETIME))
        self._store(connection, successor, row.session, now)
        return self._pair(row.user, row.session, successor, now)

    def _store(self, connection: Connection, token: str, session_id: str, now: datetime) -> None:
        connection.execute(
            insert(refresh_token).values(
                hash=_hashed(token), session=session_id, issued_at=now, expires_at=now + REFRESH_LIFETIME
            )
        )

    def _pair(self, user: str, session_id: str, refresh: str, issued_at: datetime) -> Tokens:
        # The access token's id comes from the refresh token too: the same successor, the same pair.
        token_id = hmac.new(self._key, b"access" + refresh.encode(), hashlib.sha256).hexdigest()[:32]
        access = self._tokens.issue(user, session_id, token_id, issued_at)
        return Tokens(access, refresh, int(LIFETIME.total_seconds()))

    def _successor(self, token: str) -> str:
        digest = hmac.new(self._key, b"successor" + token.encode(), hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def end_session(connection: Connection, session_id: str, reason: str, now: datetime) -> None:
    _end(connection, session.c.id == session_id, reason, now)


def end_sessions_of_user(connection: Connection, user: str, reason: str, now: datetime) -> None:
    _end(connection, session.c.user == user, reason, now)


def end_sessions_of_device(connection: Connection, device: str, reason: str, now: datetime) -> None:
    _end(connection, session.c.device == device, reason, now)


def _end(connection: Connection, which: ColumnElement[bool], reason: str, now: datetime) -> None:
    ended = connection.execute(
        update(session).where(which, session.c.ended_at.is_(None)).values(ended_at=now, end_reason=reason)
    )
    if ended.rowcount:
        changes.count(connection)  # open feeds are judged by the directory: it has to be read again


def revoked_devices(connection: Connection, devices: Sequence[str]) -> set[str]:
    device = tables.device
    lost = select(device.c.id).where(device.c.id.in_(devices), device.c.revoked_at.is_not(None))
    return set(connection.scalars(lost))


_LOST_PHONE = (
    "这部手机已被管理员停用，请清除本机数据。This phone was reported lost and its sessions were ended."
)


def carry_sessions(engine: Engine, from_epoch: str, to_epoch: str) -> None:
    """After all documents were moved, and proven the same: whoever is signed in stays so.

    Not after a restore: what the accounts say is then older than the sessions (D4).
    """
    with writing(engine) as connection:
        connection.execute(update(session).where(session.c.epoch == from_epoch).values(epoch=to_epoch))


def _refuse_ended(row: Row[Any], epoch: str) -> None:
    if row.end_reason == "device_revoked":
        raise DeviceRevoked(_LOST_PHONE)
    if row.ended_at is not None or row.epoch != epoch:
        raise _refused()


def _refused() -> RefreshRefused:
    return RefreshRefused("登录已过期，请重新登录。The sign-in is over: sign in again.")


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
