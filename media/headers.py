"""What a file is by its own content: type, size in pixels, number of frames. Reads headers, decodes nothing.

For: deciding in a few reads whether bytes are one still JPEG, PNG or WebP of bearable size.
Not for: pixels (media/caged) and not for trust in what follows the header: a picture that passes here may still
be broken. What a camera appends after the picture's end (motion clips, depth maps) is evidence and stays; nothing here
or in the preview ever reads it.
Source: ITU-T T.81 annex B; PNG (third edition) sections 5 and 11; RFC 9649 (WebP); promises S-19, S-20.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import BinaryIO

from media.errors import MoreThanOneFrame, NotAPhoto, TooManyPixels
from media.limits import MAX_PIXELS

MIME_TYPES = ("image/jpeg", "image/png", "image/webp")

_MAX_PARTS = 2_000  # segments or chunks before the picture data; cameras write a few dozen
_JPEG_SIZED = frozenset({0xC0, 0xC1, 0xC2})  # baseline, extended, progressive
_JPEG_OTHER_FRAMES = frozenset({0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Header:
    mime: str
    width_px: int
    height_px: int


def read_header(file: BinaryIO) -> Header:
    """Return what the photo in `file` says it is.

    Raises NotAPhoto for anything but one still JPEG, PNG or WebP, MoreThanOneFrame, TooManyPixels.
    """
    file.seek(0)
    start = file.read(12)
    if start[:3] == b"\xff\xd8\xff":
        header = _read_jpeg(file)
    elif start[:8] == _PNG_SIGNATURE:
        header = _read_png(file)
    elif start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        header = _read_webp(file)
    else:
        raise NotAPhoto("the content is not a JPEG, PNG or WebP picture")
    if header.width_px < 1 or header.height_px < 1:
        raise NotAPhoto("the picture has no width or no height")
    if header.width_px * header.height_px > MAX_PIXELS:
        raise TooManyPixels(f"{header.width_px} x {header.height_px} pixels are more than {MAX_PIXELS}")
    return header


def _exactly(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) != length:
        raise NotAPhoto("the picture ends inside its header")
    return data


def _read_jpeg(file: BinaryIO) -> Header:
    file.seek(2)
    header: Header | None = None
    for _ in range(_MAX_PARTS):
        if _exactly(file, 1) != b"\xff":
            raise NotAPhoto("a JPEG segment does not start with a marker")
        marker = 0xFF
        while marker == 0xFF:  # fill bytes are allowed before a marker
            marker = _exactly(file, 1)[0]
        if marker in (0x01, *range(0xD0, 0xDA)):
            raise NotAPhoto("the JPEG ends before its picture starts")
        length = struct.unpack(">H", _exactly(file, 2))[0]
        if length < 2:
            raise NotAPhoto("a JPEG segment has an impossible length")
        if marker == 0xDA:
            if header is None:
                raise NotAPhoto("the JPEG has picture data but no size")
            return header
        if marker in _JPEG_OTHER_FRAMES:
            raise NotAPhoto("this kind of JPEG (lossless, hierarchical or arithmetic) is not accepted")
        if marker in _JPEG_SIZED:
            if header is not None:
                raise MoreThanOneFrame("the JPEG has more than one frame")
            if length < 8:
                raise NotAPhoto("the JPEG's size is cut off")
            height, width = struct.unpack(">xHH", _exactly(file, 5))
            header = Header("image/jpeg", width, height)
            length -= 5
        file.seek(length - 2, 1)
    raise NotAPhoto("the JPEG has too many segments before its picture")


def _read_png(file: BinaryIO) -> Header:
    file.seek(8)
    length, kind = struct.unpack(">I4s", _exactly(file, 8))
    if kind != b"IHDR" or length != 13:
        raise NotAPhoto("the PNG does not start with its header")
    width, height = struct.unpack(">II", _exactly(file, 13)[:8])
    if width > 0x7FFFFFFF or height > 0x7FFFFFFF:
        raise NotAPhoto("the PNG's size is impossible")
    file.seek(4, 1)
    for _ in range(_MAX_PARTS):
        length, kind = struct.unpack(">I4s", _exactly(file, 8))
        if kind == b"acTL":
            raise MoreThanOneFrame("the PNG is animated")
        if kind == b"IDAT":
            return Header("image/png", width, height)
        if kind in (b"IEND", b"IHDR") or length > 0x7FFFFFFF:
            raise NotAPhoto("the PNG has no picture data where it should be")
        file.seek(length + 4, 1)
    raise NotAPhoto("the PNG has too many chunks before its picture")


def _read_webp(file: BinaryIO) -> Header:
    file.seek(12)
    canvas: tuple[int, int] | None = None
    for _ in range(_MAX_PARTS):
        kind, length = struct.unpack("<4sI", _exactly(file, 8))
        if kind == b"VP8X":
            data = _exactly(file, 10)
            if canvas is not None or length != 10:
                raise NotAPhoto("the WebP's header is not well-formed")
            if data[0] & 0x02:
                raise MoreThanOneFrame("the WebP is animated")
            canvas = (int.from_bytes(data[4:7], "little") + 1, int.from_bytes(data[7:10], "little") + 1)
            continue
        if kind in (b"ANIM", b"ANMF"):
            raise MoreThanOneFrame("the WebP is animated")
        if kind in (b"VP8 ", b"VP8L"):
            size = _webp_frame_size(kind, _exactly(file, 10))
            if canvas is not None and canvas != size:
                raise NotAPhoto("the WebP's canvas and its picture differ in size")
            return Header("image/webp", *size)
        file.seek(length + (length & 1), 1)
    raise NotAPhoto("the WebP has too many chunks before its picture")


def _webp_frame_size(kind: bytes, data: bytes) -> tuple[int, int]:
    if kind == b"VP8L":
        if data[0] != 0x2F:
            raise NotAPhoto("the lossless WebP has no signature")
        bits = int.from_bytes(data[1:5], "little")
        return (bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1
    if data[0] & 1 or data[3:6] != b"\x9d\x01\x2a":
        raise NotAPhoto("the WebP does not start with a key frame")
    width, height = struct.unpack("<HH", data[6:10])
    return width & 0x3FFF, height & 0x3FFF
