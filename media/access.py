"""What the application that mounts `media` must provide: who is calling, and what they may do.

Not for: rules about records. This only declares the questions.
"""

from __future__ import annotations

from typing import Protocol

from starlette.requests import HTTPConnection


class Caller(Protocol):
    @property
    def name(self) -> str:
        """The user name, which owns the uploads."""
        ...


class MediaAccess(Protocol):
    async def identify(self, connection: HTTPConnection) -> Caller:
        """Return who is calling. Raises media.errors.Unauthorized."""
        ...

    def may_upload(self, caller: Caller) -> bool: ...

    async def may_view(self, caller: Caller, sha256: str, view: str) -> bool:
        """May `caller` see this photo as `view` (original, preview or stamped)?

        False is answered exactly like a photo that does not exist. The place for an audit entry.
        """
        ...
