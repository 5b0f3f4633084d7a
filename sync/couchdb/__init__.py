"""The store for installations that outgrow one machine: documents in an Apache CouchDB, behind the same contract.

For: `open_store(url, folder)`. Not for: phones, which meet only `sync.http`; nor for making an empty CouchDB ready by hand
    (provision.py, `xunlu couchdb init`).
Source: docs/architecture.md section 1; CouchDB 3.5 documentation, "API Reference"; promises F-60, S-11, S-37, D2, D4, D9.

What CouchDB cannot keep beside a document needs a home. These were chosen, and why:

- **Who sent a revision, and when** is a member of the stored body itself (bodies.py). A database of notes would need a second
  write for every push, and a crash between the two would leave a fact without its author; in the body, both are one
  revision: written, replicated between nodes and restored together. It is taken off again on every way out.
- **Refused pushes** are documents of `<prefix>_held`. A repetition has the same id, so it changes nothing.
- **The epoch, and which databases there are**, are documents of `<prefix>_meta`. So every server process agrees on them.
- **Checkpoints** are CouchDB's own `_local` documents. Their ids carry the epoch, and so end with it.
- **The journal's one order** does not exist in CouchDB: databases have no common clock. A small SQLite file beside the server
  numbers what was acknowledged or seen (journal.py). It holds ids and revisions, no bodies; when it is lost, everything is
  numbered again above all earlier numbers, which costs its readers a repetition and nothing else. One process uses it;
  several server processes on one CouchDB each have a folder of their own.

Sequences handed to phones are CouchDB's own with the epoch behind them: they outlive this process and its file, and when
CouchDB rewinds (a node lost, a shard moved), phones meet things again and miss nothing.

What happens when (each is a story in tests/sync/couchdb):

- **Too few copies (202), 429, 5xx, a cut or strange answer, silence**: the request is made again, for 20 s at most, which harms
  nothing, as every write carries its revisions. After that the phone gets 503 with Retry-After, and nothing is acknowledged.
- **409 of a write** is judged again by what is there by then. **412 for a database** means that it is there; for an attachment's
  stub, that CouchDB wants the bytes too (stubs.py).
- **Another process writes, or CouchDB's own replicator**: heard of over one connection (watch.py) within seconds.
- **The server goes and comes back**: nothing is answered before its latest writes were compared with the journal (losses.py).
  When it has less than it acknowledged, the epoch changes, as after a restore: phones compare, and send again.
- **A database is not at CouchDB**: only when it is not registered either are phones told so, which makes them drop their copy.
- **This process ends in the middle of a push**: author, device and time lie in the document; the follower finds it.

A list of documents is not one transaction here. Every write carries its revisions, so sending it again, as the callers of
this contract do after any failure, stores each once.
"""

from sync.couchdb.store import CouchStore, open_store

__all__ = ["CouchStore", "open_store"]
