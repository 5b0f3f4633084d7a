"""Rules of the domain that nobody has filled in yet, by area. It only shrinks."""

from __future__ import annotations

NOT_YET: dict[str, tuple[str, ...]] = {}

# Declared with words and figures, and nothing carries them out yet.
DECLARED_ONLY: set[str] = set()

KINDS_TO_COME: set[str] = set()
