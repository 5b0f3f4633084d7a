"""What a message is on its way out, and what the other end may say to it.

For: the types that plan, courier and every kind of sink share.
Not for: any one kind (webpush.py, robots.py, sms.py).
Source: promises I5, S-31, S-34; RFC 9110 section 10.2.3 (Retry-After).
"""

from __future__ import annotations

import email.utils
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeAlias

import httpx2

TIMEOUT_SECONDS = 10
MAX_RETRY_AFTER_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Outward:
    """A message without personal data: fixed words, counts and the area's name, never a unit, a person or an amount."""

    key: str  # the same for every try: the other end can tell a repetition
    notice: str
    level: int
    title: str
    text: str
    link: str | None  # path inside the application
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Target:
    """Where one delivery goes."""

    kind: str
    url: str
    secret: str | None = None
    p256dh: str = ""
    auth: str = ""
    number: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    pass


@dataclass(frozen=True, slots=True)
class Again:
    """Not now: worth another try."""

    reason: str
    after_seconds: float | None = None  # as the other end asked


@dataclass(frozen=True, slots=True)
class Refused:
    """Never: the message or the account is not accepted. Somebody has to look."""

    reason: str


@dataclass(frozen=True, slots=True)
class Gone:
    """The place does not exist any more."""

    reason: str


Answer: TypeAlias = Sent | Again | Refused | Gone


class Sink(Protocol):
    async def send(
        self, client: httpx2.AsyncClient, target: Target, message: Outward, now: datetime
    ) -> Answer:
        """Try once. Never raises for what the other end or the network does."""
        ...


async def post(
    client: httpx2.AsyncClient,
    url: str,
    *,
    json: object = None,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> httpx2.Response | Again:
    """One request; a failure of the network is `Again`, without the address, which is a secret."""
    try:
        return await client.post(url, json=json, content=content, headers=headers)
    except httpx2.HTTPError as error:
        return Again(f"no answer: {type(error).__name__}")
    except httpx2.InvalidURL:
        return Again("the address cannot be used")


def by_status(response: httpx2.Response, now: datetime) -> Answer:
    """What a plain HTTP answer means."""
    status = response.status_code
    if status < 300:
        return Sent()
    if status in (404, 410):
        return Gone(f"HTTP {status}")
    if status in (408, 425, 429) or status >= 500:
        return Again(f"HTTP {status}", _retry_after(response.headers.get("Retry-After"), now))
    return Refused(f"HTTP {status}")


def _retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds from `now`, bounded; None when the header is missing or says nothing."""
    if text is None:
        return None
    if text.strip().isdecimal():
        seconds = float(text.strip())
    else:
        try:
            at = email.utils.parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds()
    return min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)
