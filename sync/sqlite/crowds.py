"""Documents with many edits beside each other: what each holds, told without reading its tree anew for every edit of a push.

For: `Crowds`, which an Editor keeps while it works. Not for: how many a document may have (sync.database.Pusher).

Every edit that conflicts makes all later ones dearer: a thousand of one document would hold the writing thread for seconds.
"""

from __future__ import annotations

from sync.revisions import Revision
from sync.sqlite.batch import Row


class Crowds:
    def __init__(self) -> None:
        self._revisions: dict[bytes, frozenset[Revision]] = {}  # by tree, as it lies

    def holds(self, row: Row, revision: Revision) -> bool:
        line = row.line()
        if line is not None:
            return line.holds(revision)
        if row.tree is None:
            return row.rev == str(revision)
        if row.tree not in self._revisions:
            self._revisions[row.tree] = frozenset(row.grown().nodes)
        return revision in self._revisions[row.tree]
