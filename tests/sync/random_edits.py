"""Edits made up at random, so that they meet: few ids, short paths, as much of the past as their sender likes to tell.

For: test_model.py.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from hypothesis import strategies as st

from sync.access import Refusal
from sync.attachments import NewAttachment, digest_of
from sync.database import Edit
from sync.documents import content_of
from sync.revisions import Revision

IDS = ("a", "b", "巡查/c", "odd")  # the digests of `odd` are not of the usual form
REFUSAL = Refusal("area", "不在您的片区. Not your area.")

ids = st.sampled_from(IDS)
paths = st.text("abx", min_size=1, max_size=5)  # an edit is its path from the first; x deletes


def digest(doc_id: str, path: str) -> str:
    return path if doc_id == "odd" else hashlib.md5(path.encode()).hexdigest()


@st.composite
def pushes(draw: st.DrawFn) -> Edit:
    """A revision with as much of its past as its sender likes to tell."""
    doc_id, path = draw(ids), draw(paths)
    told = draw(st.integers(1, len(path)))
    past = [Revision(n, digest(doc_id, path[:n])) for n in range(len(path), len(path) - told, -1)]
    attached = draw(st.sampled_from([b"", b"", b"plan", b"photo"]))
    refusal = draw(st.sampled_from([None, None, None, REFUSAL]))
    return made(doc_id, past, path.endswith("x"), {"n": path}, attached, is_new=True, refusal=refusal)


def made(
    doc_id: str,
    history: list[Revision],
    deleted: bool,
    body: dict[str, Any],
    attached: bytes = b"",
    *,
    is_new: bool = False,
    is_interactive: bool = False,
    refusal: Refusal | None = None,
) -> Edit:
    new: tuple[NewAttachment, ...] = ()
    content = content_of(body)
    if attached:
        stub = {
            "content_type": "text/plain",
            "revpos": 1,
            "digest": digest_of(attached),
            "length": len(attached),
            "stub": True,
        }
        content = json.dumps({"_attachments": {"plan": stub}, **body}, separators=(",", ":")).encode()
        new = (NewAttachment("plan", attached),) if is_new else ()
    return Edit(doc_id, tuple(history), deleted, content, is_interactive, refusal, new)  # fmt: skip
