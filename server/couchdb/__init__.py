"""The administrator's side of a CouchDB that keeps our documents: making it ready, checking it, compacting it.

For: `xunlu couchdb …`, and one look before the server starts. Everything here blocks, on the mandated `couchdb` package.
Not for: documents on their way (sync/couchdb), which no request of a phone waits for this package to move.
"""
