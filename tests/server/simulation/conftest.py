"""Characters of the stories about dry runs: the same project as intake's."""

from __future__ import annotations

from tests.server.intake.conftest import anyio_backend, identity, world

__all__ = ["anyio_backend", "identity", "world"]
