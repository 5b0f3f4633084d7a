"""Distinct photographs as files, as a phone's camera hands them over.

For: `draw_photo`. Not for: pictures that show anything (server/demo/pictures).
"""

from __future__ import annotations

import os
from pathlib import Path

from PIL import Image


def draw_photo(path: Path, size_px: tuple[int, int] = (1600, 1200), quality: int = 80) -> Path:
    """A JPEG of noise, unlike every other one."""
    noise = Image.frombytes("RGB", (160, 120), os.urandom(160 * 120 * 3))
    noise.resize(size_px).save(path, "JPEG", quality=quality)
    return path
