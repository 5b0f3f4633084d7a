"""Passwords: hashed with Argon2id, checked away from the event loop, at the same cost for users that do not exist.

For: `hash_password`, and `Passwords.check`, which a sign-in waits for.
Not for: how often somebody may try (server/access/attempts).
Source: RFC 9106; OWASP Password Storage (19 MiB, two passes, one lane); NIST SP 800-63B, 5.1.1; promises S-15, S-32.
"""

from __future__ import annotations

import secrets
import unicodedata

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from server.errors import InvalidInput, ServerBusy

MIN_PASSWORD_CHARACTERS = 8
MAX_PASSWORD_CHARACTERS = 200
AT_ONCE = 2  # each check takes a core and 19 MiB
WAITING = 40  # beyond this a caller is told to come back, instead of waiting for longer than a phone does

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """Raises InvalidInput when the password is too short or too long."""
    length = len(password)
    if not MIN_PASSWORD_CHARACTERS <= length <= MAX_PASSWORD_CHARACTERS:
        raise InvalidInput(
            f"密码须为 {MIN_PASSWORD_CHARACTERS} 至 {MAX_PASSWORD_CHARACTERS} 个字符。"
            f"A password has {MIN_PASSWORD_CHARACTERS} to {MAX_PASSWORD_CHARACTERS} characters.",
            field="password",
        )
    return _HASHER.hash(_one_form(password))


class Passwords:
    """Checks passwords, a few at a time."""

    def __init__(self) -> None:
        self._nobody = _HASHER.hash(secrets.token_urlsafe(32))
        self._limiter = anyio.CapacityLimiter(AT_ONCE)
        self._waiting = 0

    async def check(self, password_hash: str | None, password: str) -> bool:
        """Whether the password is the one that was hashed. None: there is no such user; costs the same.

        Raises ServerBusy when too many are waiting already.
        """
        if self._waiting >= WAITING:
            raise ServerBusy(
                "登录的人太多，请稍候再试。Too many sign-ins at once; try again.", retry_after_seconds=5
            )
        self._waiting += 1
        try:
            return await anyio.to_thread.run_sync(
                self._matches, password_hash, password, limiter=self._limiter
            )
        finally:
            self._waiting -= 1

    def _matches(self, password_hash: str | None, password: str) -> bool:
        try:
            matches = _HASHER.verify(password_hash or self._nobody, _one_form(password))
        except (VerificationError, InvalidHashError):
            return False
        return matches and password_hash is not None


def _one_form(password: str) -> str:
    # The same password typed on another keyboard may arrive composed differently.
    return unicodedata.normalize("NFKC", password)
