"""Bytes for stubs that CouchDB itself would not accept.

For: `with_bytes`, when CouchDB answers 412: it looks for a stub's bytes only in the past of the edit and in what lay there
    before the request, while this contract takes any attachment of the document with that digest.
Not for: judging which stub stands for what (sync.attachments).
Source: couch_doc `merge_stubs`; CouchDB 3.5 documentation, "/{db}/_bulk_docs" (412).
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.attachments import NewAttachment, digest_of, stubs_of
from sync.couchdb import lookups
from sync.couchdb.bodies import Stored
from sync.couchdb.client import CouchClient
from sync.couchdb.client import name as part
from sync.database import Edit
from sync.errors import MissingStub, NoSuchDocument


async def with_bytes(client: CouchClient, home: str, edits: Sequence[Edit]) -> list[Edit]:
    """The edits with the bytes of every attachment. Raises MissingStub."""
    brought: dict[tuple[str, str], bytes] = {}
    whole = []
    for edit in edits:
        own = {one.name: one.content for one in edit.attachments}
        brought |= {(edit.id, digest_of(content)): content for content in own.values()}
        for name, stub in stubs_of(edit.content).items():
            if name in own:
                continue
            key = (edit.id, stub["digest"])
            if key not in brought:
                brought[key] = await _find(client, home, edit, stub["digest"])
            own[name] = brought[key]
        new = tuple(NewAttachment(name, content) for name, content in own.items())
        whole.append(edit._replace(attachments=new))
    return whole


async def _find(client: CouchClient, home: str, edit: Edit, digest: str) -> bytes:
    past = await lookups.get_revisions(client, home, [(edit.id, revision) for revision in edit.history[1:]])
    known: list[Stored] = [one for group in past for one in group]
    for stored in [*known, *await lookups.leaves(client, home, edit.id)]:
        for name, stub in stubs_of(stored.content).items():
            if stub["digest"] != digest:
                continue
            try:
                path = f"/{part(home)}/{part(edit.id)}/{part(name)}"
                content = await client.raw(path, {"rev": str(stored.revision)})
            except NoSuchDocument:
                continue
            if digest_of(content) == digest:
                return content
    raise MissingStub(f"Invalid attachment stub in {edit.id}")
