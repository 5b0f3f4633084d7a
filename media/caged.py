"""The child process that looks at photos. It is given two open files and limits, and nothing else.

Started by media/cage.py only: `inspect` reads headers, `preview` decodes and draws a small upright copy.
It may not open files to write, has 10 s of CPU and 512 MB, and its death harms nobody.
Answers one JSON line on standard output, then for a preview the JPEG bytes.
Source: promises D17, F-46, S-20, S-21; Exif tag 0x0112 (orientation).
"""

from __future__ import annotations

import io
import json
import resource
import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from media.errors import NotAPhoto
from media.headers import Header, read_header
from media.limits import CAGE_CPU_SECONDS, CAGE_MEMORY_BYTES

if TYPE_CHECKING:
    from PIL.Image import Image as Picture

_JPEG_QUALITY = 80


def main(arguments: list[str]) -> int:
    command = arguments[0]
    _close_the_cage()
    try:
        header = read_header(sys.stdin.buffer)
        picture = _preview(sys.stdin.buffer, header, int(arguments[1])) if command == "preview" else b""
    except NotAPhoto as refusal:
        return _answer({"refused": refusal.code, "reason": refusal.reason})
    return _answer({"mime": header.mime, "width_px": header.width_px, "height_px": header.height_px}, picture)


def _answer(line: dict[str, object], picture: bytes = b"") -> int:
    sys.stdout.buffer.write(json.dumps(line).encode() + b"\n" + picture)
    sys.stdout.buffer.flush()
    return 0


def _close_the_cage() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CAGE_CPU_SECONDS, CAGE_CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (CAGE_MEMORY_BYTES, CAGE_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _preview(file: BinaryIO, header: Header, longest_side_px: int) -> bytes:
    """Return an upright JPEG copy, at most `longest_side_px` on either side. Never enlarges.

    The copy is built from pixels only: it carries no Exif, XMP, comment, profile or embedded thumbnail.
    """
    from PIL import Image, ImageFile, ImageOps, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

    # Exactly these three decoders, called by name: nothing is guessed from the content a second time.
    decoders: dict[str, Callable[[BinaryIO], ImageFile.ImageFile]] = {
        "image/jpeg": JpegImagePlugin.JpegImageFile,
        "image/png": PngImagePlugin.PngImageFile,
        "image/webp": WebPImagePlugin.WebPImageFile,
    }
    warnings.simplefilter(
        "ignore"
    )  # damaged Exif is common and not our concern; sizes are checked right here
    file.seek(0)
    try:
        with decoders[header.mime](file) as photo:
            if photo.size != (header.width_px, header.height_px):
                raise NotAPhoto("the decoder sees another size than the header says")
            # Resize first, turn after: turning twelve million pixels costs more than turning two.
            photo.thumbnail((longest_side_px, longest_side_px), Image.Resampling.LANCZOS, reducing_gap=2.0)
            upright = ImageOps.exif_transpose(photo)
            pixels = _on_white(upright)
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError) as cause:
        # Pillow reports a damaged file with any of these.
        raise NotAPhoto(f"the picture cannot be decoded ({type(cause).__name__})") from cause
    # A fresh picture: saving the decoded one would carry its JPEG comment along.
    copy = Image.new("RGB", pixels.size)
    copy.paste(pixels)
    out = io.BytesIO()
    copy.save(out, format="JPEG", quality=_JPEG_QUALITY)
    return out.getvalue()


def _on_white(picture: Picture) -> Picture:
    from PIL import Image

    if picture.mode.startswith("I;16") or picture.mode == "I":
        picture = picture.point(lambda value: value / 256).convert("L")
    if "A" not in picture.mode and "transparency" not in picture.info and picture.mode != "PA":
        return picture.convert("RGB")
    picture = picture.convert("RGBA")
    ground = Image.new("RGB", picture.size, "white")
    ground.paste(picture, mask=picture.getchannel("A"))
    return ground


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
