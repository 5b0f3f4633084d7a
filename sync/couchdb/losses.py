"""Finding out that CouchDB has less than it acknowledged: an older copy was put back, or a crash took its last writes.

For: `forget_lost`, whenever a server answers after a time in which nobody watched it.
Not for: repairing: with another epoch, readers begin anew, and phones compare and send again what is missing (promises F-56).
Source: CouchDB 3.5 documentation, "/{db}/_revs_diff"; promises D4, F-26, F-56, F-60.

A crash or an older copy takes the latest writes, so the latest places of the journal are asked about, and older ones as long as
any of them is missing. Sequences tell nothing here: they are opaque, and may be counted anew up to the same number.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable

from sync.couchdb import lookups
from sync.couchdb.client import CouchClient
from sync.couchdb.errors import CouchUnreachable
from sync.couchdb.journal import HELD, Journal, Place
from sync.errors import NoSuchDatabase
from sync.revisions import Revision

PAGE_PLACES = 500

logger = logging.getLogger(__name__)


async def forget_lost(
    client: CouchClient,
    journal: Journal,
    databases: Collection[str],
    home_of: Callable[[str], str],
    held_home: str,
) -> int:
    """Drop from the journal what is not at CouchDB any more; returns how many revisions that was. Raises SyncError."""
    lost, before = await _forget_lost_held(client, journal, held_home), None
    while True:
        places = journal.latest(before, PAGE_PLACES)
        asked: dict[str, dict[str, list[Revision]]] = {}
        for place in places:
            if place.db in databases:
                revisions = [Revision.parse(rev) for rev in place.revs]
                asked.setdefault(place.db, {})[place.id] = revisions
        found = 0
        for database, revisions_of in asked.items():
            found += await _forget_missing(client, journal, database, home_of(database), revisions_of)
        lost += found
        if found == 0 or len(places) < PAGE_PLACES:
            return lost
        before = places[-1].n


async def settle(
    client: CouchClient,
    journal: Journal,
    absent: Iterable[Place],
    databases: Collection[str],
    home_of: Callable[[str], str],
    held_home: str,
) -> int:
    """Find out why there is nothing at these places, and drop those where nothing will be; returns how many revisions were lost.

    Raises CouchUnreachable when they are there after all: the node that was asked lags.
    """
    lost, is_late = await _forget_lost_held(client, journal, held_home), False
    for place in absent:
        remembered = journal.remembered(place.n)
        if place.held_key is not None or remembered is None:
            continue
        if place.db not in databases:
            journal.forget(place.db)
            continue
        asked = {place.id: [Revision.parse(rev) for rev in remembered.revs]}
        lost += await _forget_missing(client, journal, place.db, home_of(place.db), asked)
        is_late |= journal.remembered(place.n) is not None
    if is_late:
        raise CouchUnreachable
    return lost


async def _forget_missing(
    client: CouchClient, journal: Journal, database: str, home: str, asked: dict[str, list[Revision]]
) -> int:
    try:
        missing = await lookups.missing_revisions(client, home, asked)
    except NoSuchDatabase:
        return 0  # the follower sees to it
    gone = [(doc_id, rev) for doc_id, one in missing.items() for rev in one.missing]
    if not gone:
        return 0
    journal.forget_revisions(database, gone)
    journal.begin_anew(database)
    winners = {row.id: row.rev for row in await lookups.by_keys(client, home, sorted(missing))}
    lost = [(doc_id, rev) for doc_id, rev in gone if not _is_followed(rev, winners[doc_id])]
    if lost:
        logger.error("CouchDB has lost %d revisions of %s, the first %s", len(lost), home, lost[0])
    return len(lost)


def _is_followed(rev: str, winner: str | None) -> bool:
    """A short `_revs_limit` forgets a revision once others have followed it: that is no loss."""
    return winner is not None and Revision.parse(winner).generation > Revision.parse(rev).generation


async def _forget_lost_held(client: CouchClient, journal: Journal, home: str) -> int:
    keys = journal.latest_held(PAGE_PLACES)
    rows = await lookups.by_keys(client, home, keys)
    journal.forget_held([row.id for row in rows if row.deleted])  # released by another process
    lost = [row.id for row in rows if row.rev is None]
    if lost:
        logger.error("CouchDB has lost %d documents of %s, the first %s", len(lost), home, lost[0])
        journal.forget_held(lost)
        journal.begin_anew(HELD)
    return len(lost)
