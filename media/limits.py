"""How much a photo, a user and a decoder may take.

Source: promises S-20 (25 MB, 50 MP, one frame), S-23 (quota per user), F-41 (leftovers after 7 days), F-46 (10 s, 512 MB).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

MAX_PHOTO_BYTES = 25 * 1024 * 1024
MAX_PIXELS = 50_000_000

CAGE_CPU_SECONDS = 10
CAGE_MEMORY_BYTES = 512 * 1024 * 1024
CAGE_WALL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class MediaLimits:
    """What one user may have under way at once, and for how long."""

    max_photo_bytes: int = MAX_PHOTO_BYTES
    max_open_uploads: int = 100  # per user, unfinished and not expired
    upload_lifetime: timedelta = timedelta(days=7)
    silence_seconds: float = 30.0  # a sender that says nothing this long has lost the network
