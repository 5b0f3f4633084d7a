"""What a phone loads before today's list stands is small; everything else comes after it.

For: the weight of the first screen, read from the build's own manifest. Not for: how long it takes (tests/bench).
The sync worker is not counted: it starts beside the page, which draws without it.
Source: issue "The steward's phone": JavaScript and CSS of the phone's first screen under 120 KB gzip.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from server.pwa import find_pwa

MOST_BYTES = 120_000
# The modules that draw today's list for somebody signed in; main.ts asks for them before it draws anything.
FIRST = ("index.html", "src/views/App.svelte")
LATER = ("src/views/Screens.svelte", "src/desk/index.ts")


def test_the_first_screen_of_the_phone_weighs_less_than_120_kb() -> None:
    pwa = find_pwa()
    manifest = json.loads((pwa / ".vite" / "manifest.json").read_text(encoding="utf-8"))

    files = {file for entry in FIRST for file in loaded(manifest, entry)}
    weight = sum(len(gzip.compress((pwa / file).read_bytes(), 6)) for file in files)

    assert weight < MOST_BYTES, weighed(pwa, files)
    assert not files & {manifest[entry]["file"] for entry in LATER}
    assert not [file for file in files if "decode" in file or "desk" in file], "camera and desk come later"


def loaded(manifest: dict[str, Any], entry: str) -> set[str]:
    """The files an entry cannot start without: its own, its styles, and those of its static imports."""
    found: set[str] = set()
    todo = [entry]
    while todo:
        chunk = manifest[todo.pop()]
        if chunk["file"] not in found:
            found |= {chunk["file"], *chunk.get("css", [])}
            todo += chunk.get("imports", [])
    return found


def weighed(pwa: Path, files: set[str]) -> str:
    sizes = {file: len(gzip.compress((pwa / file).read_bytes(), 6)) for file in files}
    return "\n".join(f"{size:7} {file}" for file, size in sorted(sizes.items(), key=lambda one: -one[1]))
