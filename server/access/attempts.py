"""How often one may try to sign in as somebody.

For: asking before a password is looked at (`reserve`), and noting that it was right (`succeed`).
Not for: the password itself (server/access/passwords).
Tries are counted apart for each browser that has signed in as this user before (a mark in its cookie) and together
for all strangers: whoever guesses from elsewhere cannot lock the owner out of the owner's phone. A name that
belongs to nobody is counted alike, so that the answers tell nothing. Counts are rows: a restart forgets none.
Source: promises S-15; NIST SP 800-63B, 5.2.2 (consecutive failures).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import TypeGuard

from sqlalchemy import Connection, Engine, delete, func, insert, select

from server.access.tables import sign_in_attempt as attempt
from server.access.tables import user
from server.database import writing
from server.errors import AccountLocked, TooManyTries

WINDOW = timedelta(minutes=15)
MAX_IN_WINDOW = 10
HARD_STOP = 100  # failures in a row, until an administrator resets
FREE_TRIES = 3  # typing errors cost no waiting
MAX_DELAY = timedelta(seconds=60)
KEEP_UNKNOWN = timedelta(hours=1)  # names that belong to nobody
STRANGER = ""
_MARK = re.compile(r"[A-Za-z0-9_-]{43}")


def new_mark() -> str:
    """What a browser's cookie holds, so that it is known the next time."""
    return secrets.token_urlsafe(32)


class Attempts:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def reserve(self, name: str, mark: str | None, now: datetime) -> int:
        """Count a try, as failed until it `succeed`s, and return its number. Refused tries are not counted.

        Raises TooManyTries with the seconds to wait, or AccountLocked after the hard stop.
        """
        with writing(self._engine) as connection:
            self._forget_unknown(connection, now)
            bucket = self._bucket(connection, name, mark)
            failures = self._failures(connection, name, bucket)
            _refuse_when_too_many(failures, now)
            number = connection.execute(
                insert(attempt)
                .values(user=name, bucket=bucket, at=now, succeeded=False)
                .returning(attempt.c.id)
            ).scalar_one()
        return int(number)

    def succeed(self, connection: Connection, number: int, mark: str | None, now: datetime) -> str:
        """The try was right: the failures of its bucket are forgotten. Returns the mark its browser is known by now."""
        mark = mark if _is_mark(mark) else new_mark()
        made = connection.execute(select(attempt).where(attempt.c.id == number)).one()
        for bucket in (made.bucket, _hashed(mark)):
            connection.execute(delete(attempt).where(attempt.c.user == made.user, attempt.c.bucket == bucket))
        connection.execute(
            insert(attempt).values(user=made.user, bucket=_hashed(mark), at=now, succeeded=True)
        )
        return mark

    def _bucket(self, connection: Connection, name: str, mark: str | None) -> str:
        if not _is_mark(mark):
            return STRANGER
        bucket = _hashed(mark)
        signed_in_before = select(attempt.c.id).where(
            attempt.c.user == name, attempt.c.bucket == bucket, attempt.c.succeeded.is_(True)
        )
        return bucket if connection.execute(signed_in_before.limit(1)).first() else STRANGER

    def _failures(self, connection: Connection, name: str, bucket: str) -> list[datetime]:
        """When tries failed since the last that did not, newest first."""
        failed = (
            select(attempt.c.at)
            .where(attempt.c.user == name, attempt.c.bucket == bucket, attempt.c.succeeded.is_(False))
            .order_by(attempt.c.at.desc())
            .limit(HARD_STOP)
        )
        return list(connection.scalars(failed))

    def _forget_unknown(self, connection: Connection, now: datetime) -> None:
        connection.execute(
            delete(attempt).where(
                attempt.c.at < now - KEEP_UNKNOWN, attempt.c.user.not_in(select(user.c.name))
            )
        )


def reset(connection: Connection, name: str) -> None:
    """An administrator lets somebody try again; known browsers stay known."""
    connection.execute(delete(attempt).where(attempt.c.user == name, attempt.c.succeeded.is_(False)))


def locked_names(connection: Connection) -> set[str]:
    """Who has met the hard stop, in any bucket."""
    stopped = (
        select(attempt.c.user)
        .where(attempt.c.succeeded.is_(False))
        .group_by(attempt.c.user, attempt.c.bucket)
        .having(func.count() >= HARD_STOP)
    )
    return set(connection.scalars(stopped))


def _refuse_when_too_many(failures: list[datetime], now: datetime) -> None:
    if len(failures) >= HARD_STOP:
        raise AccountLocked(
            "登录失败次数过多，帐号已锁定，请联系管理员解锁。Too many failed sign-ins: ask an administrator to reset the account."
        )
    if not failures:
        return
    recent = [at for at in failures if at > now - WINDOW]
    waits = [failures[0] + _delay_after(len(failures)) - now]
    if len(recent) >= MAX_IN_WINDOW:
        waits.append(recent[MAX_IN_WINDOW - 1] + WINDOW - now)
    seconds = max(waits).total_seconds()
    if seconds > 0:
        raise TooManyTries(
            "尝试次数过多，请稍候再试。Too many tries; wait before the next one.",
            retry_after_seconds=min(int(seconds) + 1, int(WINDOW.total_seconds())),
        )


def _delay_after(failures: int) -> timedelta:
    if failures < FREE_TRIES:
        return timedelta()
    return min(timedelta(seconds=2 ** min(failures - FREE_TRIES, 10)), MAX_DELAY)


def _is_mark(text: str | None) -> TypeGuard[str]:
    return text is not None and _MARK.fullmatch(text) is not None


def _hashed(mark: str) -> str:
    return hashlib.sha256(mark.encode()).hexdigest()
