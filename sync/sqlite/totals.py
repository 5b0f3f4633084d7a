"""What only the whole file shows: links between tables, numbers of the journal, counters.

For: verify.py; one longer read each.
Not for: single documents, bodies and attachments (verify.py).
"""

from __future__ import annotations

import apsw

from sync.sqlite.schema import LONG, SHORT, rows
from sync.verification import Damage


def links(db: apsw.Connection) -> list[Damage]:
    found = rows(
        db,
        "SELECT t.body, t.name, (SELECT count(*) FROM attachment WHERE n = t.attachment) FROM attached t "
        "WHERE NOT EXISTS (SELECT 1 FROM attachment WHERE n = t.attachment) "
        "OR NOT EXISTS (SELECT 1 FROM body WHERE n = t.body AND doc = t.doc)",
    )
    return [
        Damage("attachment_missing" if not there else "attachment_unclaimed", f"body {body}", name)
        for body, name, there in found
    ]


def numbers(db: apsw.Connection) -> list[Damage]:
    last = rows(db, "SELECT value FROM meta WHERE name = 'last_seq'")
    if not last:
        return [Damage("number_beyond_end", "journal", "the journal's end is not noted")]
    damage = [
        Damage("number_beyond_end", f"{name}/{doc_id}", f"number {n}, end {last[0][0]}")
        for name, doc_id, n in rows(
            db,
            "SELECT db.name, d.id, max(b.n, d.seq) FROM body b JOIN doc d ON d.n = b.doc JOIN db ON db.n = d.db "
            "WHERE b.n > ?1 UNION ALL SELECT db.name, h.id, h.n FROM held h JOIN db ON db.n = h.db WHERE h.n > ?1",
            (last[0][0],),
        )
    ]
    twice = rows(
        db,
        "SELECT n FROM held WHERE n IN (SELECT n FROM body) UNION ALL "
        "SELECT seq FROM doc GROUP BY seq HAVING count(*) > 1",
    )
    return damage + [Damage("number_used_twice", "journal", f"number {n}") for (n,) in twice]


def counters(db: apsw.Connection) -> list[Damage]:
    counted = {
        n: told
        for n, *told in rows(
            db,
            "SELECT db, sum(deleted = 0), sum(deleted <> 0), max(seq) FROM doc GROUP BY db",
        )
    }
    sizes = dict(
        rows(
            db,
            "SELECT d.db, sum(length(b.content)) FROM body b JOIN doc d ON d.n = b.doc GROUP BY d.db",
        )
    )
    damage = []
    for n, name, documents, deleted, content_bytes, update_seq in rows(
        db, "SELECT n, name, documents, deleted_documents, content_bytes, update_seq FROM db"
    ):
        found = (*counted.get(n, (0, 0, 0)), sizes.get(n, 0))
        told = (documents, deleted, update_seq, content_bytes)
        if found != told:
            damage.append(Damage("counters_disagree", name, f"told {told}, found {found}"))
    return damage + _stretches(db)


def _stretches(db: apsw.Connection) -> list[Damage]:
    counted = " UNION ALL ".join(
        f"SELECT db, {bits} AS bits, seq >> {bits} AS stretch, count(*) AS documents FROM doc GROUP BY db, seq >> {bits}"
        for bits in (SHORT, LONG)
    )
    noted = "SELECT db, bits, stretch, documents FROM place WHERE documents <> 0"
    found = rows(
        db,
        f"SELECT DISTINCT coalesce(db.name, x.db) FROM (SELECT * FROM ({counted} EXCEPT {noted}) "
        f"UNION ALL SELECT * FROM ({noted} EXCEPT SELECT * FROM ({counted}))) x LEFT JOIN db ON db.n = x.db",
    )
    return [Damage("counters_disagree", str(name), "places in the feed") for (name,) in found]
