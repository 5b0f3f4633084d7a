"""Distinct photographs as files, as a phone's camera hands them over.

For: `draw_photo`, and `Camera` for hundreds. Not for: pictures that show anything (server/demo/pictures).
"""

from __future__ import annotations

import io
import os
import random
from pathlib import Path

from PIL import Image


def draw_photo(path: Path, size_px: tuple[int, int] = (1600, 1200), quality: int = 80) -> Path:
    """A JPEG of noise, unlike every other one."""
    noise = Image.frombytes("RGB", (160, 120), os.urandom(160 * 120 * 3))
    noise.resize(size_px).save(path, "JPEG", quality=quality)
    return path


class Camera:
    """Photographs by the hundred, as large as a drawn one and each unlike the others: a comment in the file differs."""

    def __init__(self, size_px: tuple[int, int], seed: int, quality: int = 80) -> None:
        self._chance = random.Random(seed)
        noise = Image.frombytes("RGB", (160, 120), self._chance.randbytes(160 * 120 * 3))
        drawn = io.BytesIO()
        noise.resize(size_px).save(drawn, "JPEG", quality=quality)
        self._drawn = drawn.getvalue()

    def shoots(self) -> bytes:
        comment = self._chance.randbytes(16)
        segment = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        return self._drawn[:2] + segment + self._drawn[2:]
