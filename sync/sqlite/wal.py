"""Moving the WAL into the file, so that it stays short and nobody waits for it.

For: `Wal`, of the writing connection. Not for: when the writing thread has time for it (writer.py).
Source: promises F-36; sqlite.org, "Write-Ahead Logging", "PRAGMA wal_checkpoint".

What changes again and again is moved once, so a busy store moves rarely and much; a store that rests moves what it has.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import apsw

from sync.sqlite.schema import BUSY_MILLISECONDS

QUIET_PAGES = 1000  # 8 MiB: worth moving while there is nothing else to do
CHECKPOINT_PAGES = 4000  # 31 MiB: moved at once
TRUNCATE_PAGES = 6000  # 48 MiB; promises F-36: the WAL stays under 64 MB
TRUNCATE_WAIT_MILLISECONDS = 200  # nobody's write waits longer than this for a long reader, as a backup is

logger = logging.getLogger(__name__)


class Wal:
    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._pages = 0
        self.when_held_back: Callable[[], None] = lambda: None  # a reader keeps it from being cut
        db.set_wal_hook(self._note_pages)

    def is_due(self, pages_at_least: int, is_to_be_empty: bool = False) -> bool:
        return is_to_be_empty or self._pages >= min(pages_at_least, TRUNCATE_PAGES)

    def move(self, is_to_be_empty: bool) -> apsw.Error | None:
        """Returns what the disk said when it could not. What other connections still read stays, and is no failure."""
        mode = apsw.SQLITE_CHECKPOINT_PASSIVE
        if is_to_be_empty or self._pages >= TRUNCATE_PAGES:
            mode = apsw.SQLITE_CHECKPOINT_TRUNCATE  # waits for readers, who are short
        self._db.set_busy_timeout(TRUNCATE_WAIT_MILLISECONDS)
        try:
            pages, moved = self._db.wal_checkpoint(mode=mode)
        except apsw.BusyError as error:
            logger.warning("checkpoint put off: %r", error)  # the WAL holds everything
            self.when_held_back()
        except apsw.Error as error:
            return error
        else:
            # A wholly moved WAL is written from its start again; its length says nothing until the next commit.
            self._pages = 0 if pages == moved else pages
        finally:
            self._db.set_busy_timeout(BUSY_MILLISECONDS)
        return None

    def _note_pages(self, db: apsw.Connection, name: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK
