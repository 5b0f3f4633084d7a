"""Every stored original read again and compared with its name.

For: `suspect_photos`: an iterator of those that are not what they were; nothing found is nothing damaged.
Not for: mending, or which records name a photo (the mounting application).
Source: promises I7, F-38, S-40.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from media.store import hash_file, is_sha256

Progress = Callable[[int, int], None]  # bytes read, of how many


class Suspect(NamedTuple):
    place: str  # below the root of the store
    what: Literal["damaged", "stray"]  # other bytes than its name says; no photo of ours at all
    detail: str


def suspect_photos(root: Path, progress: Progress) -> Iterator[Suspect]:
    """Reads only, so it may run beside whoever stores photos. Blocks between what it yields."""
    originals = root / "originals"
    found = sorted(Path(folder) / name for folder, _, names in os.walk(originals) for name in names)
    sizes = {path: _size_of(path) for path in found}
    total, done = sum(sizes.values()), 0
    progress(done, total)
    for path in found:
        place = str(path.relative_to(root))
        if path != originals / path.name[:2] / path.name[2:4] / path.name or not is_sha256(path.name):
            yield Suspect(place, "stray", "")
        else:
            try:
                sha256 = hash_file(path)
                if sha256 != path.name:
                    yield Suspect(place, "damaged", f"sha256 {sha256}")
            except FileNotFoundError:
                pass  # gone since it was listed: whether a record misses it is another question
            except OSError as error:
                yield Suspect(place, "damaged", error.strerror or str(error))
        done += sizes[path]
        progress(done, total)


def _size_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
