"""Runs media/caged.py in a child process with limits, and judges how it ended.

For: looking at untrusted pictures without letting them near this process.
Not for: what is done with the answer (media/store, media/previews).
Source: promises D17, F-46.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from media.errors import InspectionUnavailable, MoreThanOneFrame, NotAPhoto, TooManyPixels
from media.headers import Header
from media.limits import CAGE_WALL_SECONDS

_ROOT = str(Path(__file__).resolve().parent.parent)
_START = (
    f"import sys; sys.path.insert(0, {_ROOT!r}); from media.caged import main; sys.exit(main(sys.argv[1:]))"
)
_REFUSALS: dict[str, type[NotAPhoto]] = {
    kind.code: kind for kind in (NotAPhoto, TooManyPixels, MoreThanOneFrame)
}


class CageDied(Exception):
    """The child was killed by a limit, or crashed: the picture is to blame, or the machine is."""


@dataclass(frozen=True, slots=True)
class Seen:
    header: Header
    picture: bytes  # the preview; empty for an inspection


class Cage:
    """One child at a time: pictures queue, the event loop does not."""

    def __init__(self, name: str) -> None:
        self._workers = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"cage-{name}")

    async def inspect(self, photo: Path) -> Header:
        """Raises NotAPhoto and its kinds; InspectionUnavailable when the child could not do its work."""
        try:
            seen = await self._run(photo, "inspect")
        except CageDied as death:
            # Reading a header needs neither much time nor memory: this is the machine's trouble, not the photo's.
            raise InspectionUnavailable(f"the photo could not be inspected now: {death}") from death
        return seen.header

    async def preview(self, photo: Path, longest_side_px: int) -> bytes:
        """Raises NotAPhoto, CageDied."""
        return (await self._run(photo, "preview", str(longest_side_px))).picture

    async def _run(self, photo: Path, *arguments: str) -> Seen:
        return await asyncio.get_running_loop().run_in_executor(self._workers, run_caged, photo, *arguments)


def run_caged(photo: Path, *arguments: str) -> Seen:
    """Run one command on one photo. Blocks up to CAGE_WALL_SECONDS."""
    with photo.open("rb") as content:
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-c", _START, *arguments],
                stdin=content,
                capture_output=True,
                env={},
                timeout=CAGE_WALL_SECONDS,
                start_new_session=True,
                check=False,
            )
        except subprocess.TimeoutExpired as cause:
            raise CageDied(f"no answer within {CAGE_WALL_SECONDS:.0f} s") from cause
    if done.returncode != 0:
        raise CageDied(_cause_of_death(done))
    line, _, picture = done.stdout.partition(b"\n")
    answer = json.loads(line)
    if "refused" in answer:
        raise _REFUSALS[answer["refused"]](answer["reason"])
    return Seen(Header(answer["mime"], answer["width_px"], answer["height_px"]), picture)


def _cause_of_death(done: subprocess.CompletedProcess[bytes]) -> str:
    if done.returncode < 0:
        return f"killed by signal {-done.returncode}"
    last_line = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
    return f"exit status {done.returncode}: {last_line[:200]}"
