"""Evidence on the disk: by hash, unaltered, whole or not at all. Source: promises D7, I7, F-41, F-46, S-20, S-21."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from media import EvidenceStore
from media.errors import MoreThanOneFrame, NotAPhoto, NotFound, TooManyPixels
from tests.media.conftest import sha256_of


def test_a_photo_is_kept_under_its_hash_and_cannot_be_written(
    store: EvidenceStore, take_photo: Callable[..., bytes]
) -> None:
    photo = take_photo(form="PNG")

    evidence = store.add(photo, "image/png")

    assert evidence.sha256 == sha256_of(photo)
    assert evidence.bytes == len(photo)
    assert store.path(evidence.sha256).stat().st_mode & 0o777 == 0o400
    assert store.add(photo, "image/png") == evidence


def test_the_preview_is_upright_small_and_carries_nothing_but_pixels(
    store: EvidenceStore, take_photo: Callable[..., bytes]
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010E] = "CANARY-DESCRIPTION"
    photo = take_photo(2400, 1200, exif=exif, comment=b"CANARY-COMMENT")
    evidence = store.add(photo, "image/jpeg")

    path = asyncio.run(store.preview(evidence.sha256))

    assert path is not None
    content = path.read_bytes()
    with Image.open(BytesIO(content)) as preview:
        assert preview.format == "JPEG"
        assert preview.size == (800, 1600)
        assert not preview.getexif()
        assert "comment" not in preview.info
    assert b"CANARY" not in content
    with store.open(evidence.sha256) as kept:
        assert kept.read() == photo


def test_a_preview_is_never_larger_than_its_photo(
    store: EvidenceStore, take_photo: Callable[..., bytes]
) -> None:
    evidence = store.add(take_photo(100, 50), "image/jpeg")

    path = asyncio.run(store.preview(evidence.sha256, "thumb"))

    assert path is not None
    with Image.open(path) as preview:
        assert preview.size == (100, 50)


def test_a_photo_cut_short_is_kept_and_has_no_preview(
    store: EvidenceStore, take_photo: Callable[..., bytes]
) -> None:
    photo = take_photo()[:-4000]
    evidence = store.add(photo, "image/jpeg")

    assert asyncio.run(store.preview(evidence.sha256)) is None
    with store.open(evidence.sha256) as kept:
        assert kept.read() == photo


def test_a_pixel_bomb_is_refused_by_its_header(store: EvidenceStore) -> None:
    bomb = BytesIO()
    Image.new("1", (20_000, 20_000)).save(bomb, "PNG")

    with pytest.raises(TooManyPixels):
        store.add(bomb.getvalue(), "image/png")


def test_an_animation_is_not_evidence(store: EvidenceStore) -> None:
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "blue")]
    animated = BytesIO()
    frames[0].save(animated, "PNG", save_all=True, append_images=frames[1:])

    with pytest.raises(MoreThanOneFrame):
        store.add(animated.getvalue(), "image/png")


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF____WEBP", b"BM" * 99])
def test_scraps_are_not_photos(store: EvidenceStore, content: bytes) -> None:
    with pytest.raises(NotAPhoto):
        store.add(content, "image/jpeg")


@pytest.mark.parametrize("name", ["", "..", "../secret", "a" * 63, "A" * 64, "g" * 64])
def test_a_name_that_is_no_hash_finds_nothing(store: EvidenceStore, name: str) -> None:
    assert not store.has(name)
    assert store.describe(name) is None
    with pytest.raises(NotFound):
        store.open(name)


_WRITER = """
import os, sys
from io import BytesIO
from pathlib import Path
from PIL import Image
from media import EvidenceStore

store = EvidenceStore(Path(sys.argv[1]))
while True:
    out = BytesIO()
    Image.frombytes("RGB", (40, 30), os.urandom(3600)).resize((400, 300)).save(out, "JPEG")
    evidence = store.add(out.getvalue(), "image/jpeg")
    sys.stdout.write(evidence.sha256 + "\\n")
    sys.stdout.flush()
"""


@pytest.mark.parametrize("acknowledged_before_kill", [1, 3, 7, 12])
def test_a_kill_at_any_moment_loses_no_acknowledged_photo(
    tmp_path: Path, acknowledged_before_kill: int
) -> None:
    folder = tmp_path / "media"
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(folder)], stdout=subprocess.PIPE)
    assert writer.stdout is not None
    told = [writer.stdout.readline() for _ in range(acknowledged_before_kill)]
    writer.send_signal(signal.SIGKILL)
    told += writer.stdout.readlines()  # what it said before it died
    writer.wait(timeout=10)
    writer.stdout.close()

    store = EvidenceStore(folder)
    for line in told:
        sha256 = line.decode().strip()
        if not line.endswith(b"\n"):
            continue  # cut in the middle of the word: nobody was told
        with store.open(sha256) as kept:
            assert sha256_of(kept.read()) == sha256
    for path in (folder / "originals").rglob("*"):
        if path.is_file():
            assert sha256_of(path.read_bytes()) == path.name
