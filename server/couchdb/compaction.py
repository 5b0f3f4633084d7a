"""Compacting every database of the installation, and watching until it is done.

For: `compact`. Not for: CouchDB's own automatic compaction, which goes on beside it.
Source: CouchDB 3.5 documentation, "/{db}/_compact", "/{db}" (`compact_running`, `sizes`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from server.couchdb.admin import Administration

LOOK_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Compacted:
    databases: int
    bytes_before: int
    bytes_after: int
    still_running: list[str]  # when the time was over


def compact(
    admin: Administration,
    homes: Sequence[str],
    wait_seconds: float,
    progress: Callable[[int], None],  # databases more that are done
    sleep: Callable[[float], None],
) -> Compacted:
    """Start it everywhere, then look until nothing runs any more, for at most `wait_seconds`. Raises StoreUnfit.

    Where CouchDB does not tell whether it runs (pouchdb-server), it was done when the request was answered.
    """
    before = {home: _file_bytes(admin.get(home)) for home in homes}
    for home in homes:
        admin.post(home, "_compact", body={})
    running, left_seconds = list(homes), wait_seconds
    while True:
        still = [home for home in running if admin.get(home).get("compact_running")]
        progress(len(running) - len(still))
        running = still
        if not running or left_seconds <= 0:
            break
        sleep(LOOK_SECONDS)
        left_seconds -= LOOK_SECONDS
    after = sum(_file_bytes(admin.get(home)) for home in homes)
    return Compacted(len(homes), sum(before.values()), after, running)


def _file_bytes(facts: dict[str, object]) -> int:
    sizes = facts.get("sizes")
    return int(sizes["file"]) if isinstance(sizes, dict) else 0
