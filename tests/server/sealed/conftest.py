"""Characters of the stories about sealed work: the server of the intake's stories, and phones whose keys it knows."""

from __future__ import annotations

from tests.server.intake.conftest import anyio_backend, identity, world

__all__ = ["anyio_backend", "identity", "world"]
