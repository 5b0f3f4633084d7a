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
  numbered again above all earlier numbers, which costs its readers a repetition and nothing else.

Sequences handed to phones are CouchDB's own with the epoch behind them: they outlive this process and its file, and when
CouchDB rewinds (a node lost, a shard moved), phones meet things again and miss nothing. `until` of `changes` is not needed:
CouchDB ends a normal feed at what was there when it began.

A list of documents is not one transaction here. Every write carries its revisions, so sending it again, as the callers of
this contract do after any failure, stores each once.
"""

from sync.couchdb.store import CouchStore, open_store

__all__ = ["CouchStore", "open_store"]
