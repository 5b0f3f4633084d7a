"""Drawn pictures that stand in for photographs: rooms under work, empty rooms, notices on doors.

For: evidence in the demo that one can tell apart at a glance. Not for: looking like real photographs.
The same seed draws the same bytes.
"""

from __future__ import annotations

from io import BytesIO
from random import Random
from typing import Literal

from PIL import Image, ImageDraw

Scene = Literal["site", "hole", "mended", "empty_room", "notice"]
SIZE_PX = (1280, 960)
_HORIZON = 620


def draw(scene: Scene, random: Random) -> bytes:
    """One JPEG of about 60 kB."""
    wall = _shade(random, (214, 205, 190), 18)
    picture = Image.new("RGB", SIZE_PX, wall)
    pen = ImageDraw.Draw(picture)
    _room(pen, random, wall)
    match scene:
        case "site":
            _window(pen, random)
            _pipes(pen, random)
            _sacks(pen, random, random.randint(2, 6))
        case "hole":
            _bricks(pen, random, broken=True)
            _sacks(pen, random, 2)
        case "mended":
            _bricks(pen, random, broken=False)
        case "empty_room":
            _window(pen, random)
        case "notice":
            _door(pen, random)
    _grain(picture, random)
    out = BytesIO()
    picture.save(out, "JPEG", quality=72)
    return out.getvalue()


def numbered(picture: bytes, number: int) -> bytes:
    """The same picture as another photograph: its number stands in a comment (JPEG, ITU T.81, B.2.4.5)."""
    comment = f"photo {number}".encode()
    return picture[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + picture[2:]


def _room(pen: ImageDraw.ImageDraw, random: Random, wall: tuple[int, int, int]) -> None:
    width, height = SIZE_PX
    left, right = random.randint(160, 300), width - random.randint(160, 300)
    floor = _shade(random, (150, 138, 122), 20)
    pen.polygon([(0, height), (left, _HORIZON), (right, _HORIZON), (width, height)], fill=floor)
    side = (wall[0] - 22, wall[1] - 22, wall[2] - 22)
    pen.polygon([(0, 0), (left, 120), (left, _HORIZON), (0, height)], fill=side)
    pen.polygon([(width, 0), (right, 120), (right, _HORIZON), (width, height)], fill=side)
    pen.polygon([(0, 0), (left, 120), (right, 120), (width, 0)], fill=(238, 236, 230))
    for step in range(1, 7):
        x = left + (right - left) * step // 7
        pen.line([(x, _HORIZON), ((x - width // 2) * 3 + width // 2, height)], fill=side, width=2)


def _window(pen: ImageDraw.ImageDraw, random: Random) -> None:
    x, y = random.randint(420, 620), random.randint(190, 240)
    sky = _shade(random, (188, 214, 232), 16)
    pen.rectangle([x, y, x + 300, y + 260], fill=sky, outline=(245, 245, 245), width=12)
    pen.line([(x + 150, y), (x + 150, y + 260)], fill=(245, 245, 245), width=8)
    for _ in range(random.randint(2, 5)):
        left = x + random.randint(14, 240)
        top = y + random.randint(110, 200)
        pen.rectangle([left, top, left + 44, y + 246], fill=(158, 172, 186))


def _pipes(pen: ImageDraw.ImageDraw, random: Random) -> None:
    for _ in range(random.randint(2, 4)):
        x = random.choice((random.randint(330, 400), random.randint(820, 960)))
        colour = random.choice(((196, 64, 56), (56, 96, 176), (120, 120, 120)))
        pen.line([(x, 130), (x, _HORIZON)], fill=colour, width=10)
        pen.line([(x, 420), (x + random.choice((-70, 70)), 420)], fill=colour, width=10)


def _sacks(pen: ImageDraw.ImageDraw, random: Random, count: int) -> None:
    for _ in range(count):
        x, y = random.randint(240, 960), random.randint(640, 800)
        pen.rounded_rectangle(
            [x, y, x + 130, y + 74],
            18,
            fill=_shade(random, (176, 160, 128), 14),
            outline=(120, 108, 84),
            width=3,
        )


def _bricks(pen: ImageDraw.ImageDraw, random: Random, *, broken: bool) -> None:
    pen.rectangle([440, 230, 840, _HORIZON], fill=(186, 112, 88))
    for row in range(10):
        y = 230 + row * 39
        pen.line([(440, y), (840, y)], fill=(214, 190, 176), width=4)
        for column in range(6):
            x = 440 + column * 80 + (40 if row % 2 else 0)
            if x < 840:
                pen.line([(x, y), (x, min(y + 39, _HORIZON))], fill=(214, 190, 176), width=4)
    if broken:
        outline = [
            (random.randint(500, 560), 320),
            (650, random.randint(270, 310)),
            (random.randint(740, 790), 360),
        ]
        outline += [
            (random.randint(720, 780), 520),
            (640, random.randint(560, 600)),
            (random.randint(500, 550), 500),
        ]
        pen.polygon(outline, fill=(52, 46, 42))


def _door(pen: ImageDraw.ImageDraw, random: Random) -> None:
    pen.rectangle(
        [440, 150, 840, 860], fill=_shade(random, (122, 78, 52), 12), outline=(84, 52, 34), width=10
    )
    pen.ellipse([790, 500, 820, 530], fill=(210, 190, 120))
    x, y = 530 + random.randint(-14, 14), 300 + random.randint(-20, 20)
    pen.rectangle([x, y, x + 220, y + 300], fill=(250, 249, 244))
    pen.line([(x + 50, y + 40), (x + 170, y + 40)], fill=(176, 40, 36), width=12)
    for line in range(7):
        pen.line(
            [(x + 24, y + 84 + line * 26), (x + 196 - (line % 3) * 30, y + 84 + line * 26)],
            fill=(110, 110, 110),
            width=4,
        )
    pen.ellipse([x + 130, y + 226, x + 196, y + 288], outline=(200, 50, 46), width=5)


def _grain(picture: Image.Image, random: Random) -> None:
    """A little noise, so that no two pictures of one scene are the same bytes."""
    pixels = random.randbytes(80 * 60)
    noise = Image.frombytes("L", (80, 60), pixels).resize(SIZE_PX)
    picture.paste(Image.blend(picture, Image.merge("RGB", (noise, noise, noise)), 0.05))


def _shade(random: Random, colour: tuple[int, int, int], spread: int) -> tuple[int, int, int]:
    shift = random.randint(-spread, spread)
    red, green, blue = (max(0, min(255, part + shift)) for part in colour)
    return red, green, blue
