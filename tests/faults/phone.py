"""What a phone under test is asked, whether it is a browser or the shipped code without a screen.

Not for: what must come of it (day.py), or how each of them does it (browser_phone.py, bare_phone.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NotRequired, Protocol, TypedDict


class Given(TypedDict):
    """What a steward recorded, before the phone makes a document of it."""

    type: str
    subject: str
    area: str
    body: dict[str, Any]
    photos: list[bytes]
    performedAt: NotRequired[str]  # now, unless told
    amends: NotRequired[str]


@dataclass(frozen=True, slots=True)
class SavedRecord:
    id: str
    type: str
    revision: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a phone stands at one moment, as its own memory and its badge tell."""

    says_all_received: bool
    records: dict[
        str, str
    ]  # id: saved, sent, received, held; records that have left the outbox are not in it
    reasons: dict[str, str]  # id: why it is held, code and words
    photos_waiting: int
    needs_password: bool

    def is_all_received(self) -> bool:
        waits = any(state in ("saved", "sent") for state in self.records.values())
        return self.says_all_received and not waits and self.photos_waiting == 0


class PhoneUnderTest(Protocol):
    def saves(self, given: list[Given]) -> list[SavedRecord]: ...

    def tells_the_worker(self, **message: Any) -> None: ...

    def stands(self) -> Standing: ...

    def said_all_received_at_ms(self) -> list[float]:
        """Each time its badge began to say so, by the clock that server and phone share here."""
