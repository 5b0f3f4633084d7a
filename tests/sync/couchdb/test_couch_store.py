"""The CouchDB store keeps the same contract as the embedded one."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from sync.couchdb import CouchStore
from sync.couchdb.bodies import NOTE
from tests.sync.couchdb.conftest import COUCHDB_URL
from tests.sync.store_contract import STEWARD, StoreContract, area, edit

__all__ = ["area"]  # the contract's fixture

# What pouchdb-server 4.2 does not do as CouchDB does, each seen by asking it directly.
POUCHDB_SERVER_LACKS = {
    "test_a_child_that_comes_before_its_parent_is_kept": "forgets the older past that a known revision tells of",
    "test_a_past_that_is_told_later_joins_two_that_are_here": "forgets the older past that a known revision tells of",
    "test_each_revision_can_be_asked_for": "answers `latest` with one leaf where there are several",
    "test_missing_revisions_are_those_that_are_not_here": "names no possible_ancestors",
    "test_documents_are_listed_by_the_bytes_of_their_ids": "leaves ids beyond U+0FFF out of _all_docs",
    "test_counts_follow_deletion_and_return": "does not count deleted documents",
    "test_histories_are_kept_to_the_limit": "has no _revs_limit",
    "test_a_document_stays_in_the_journal_when_its_newest_edit_turns_out_to_be_an_old_one": "has no _revs_limit",
    "test_random_pushes_in_two_orders_end_in_the_same_state": "names the losing leaves in the order they came",
}


@pytest.fixture(autouse=True)
def _asks_for_what_the_server_has(request: pytest.FixtureRequest, server: str) -> None:
    reason = POUCHDB_SERVER_LACKS.get(request.node.originalname)
    if server == "pouchdb-server" and reason is not None:
        pytest.skip(f"pouchdb-server {reason}")


@pytest.mark.couchdb
@pytest.mark.skipif(
    COUCHDB_URL is None, reason="XUNLU_TEST_COUCHDB_URL is not set: no Apache CouchDB to run the stories on"
)
def test_the_given_server_is_an_apache_couchdb() -> None:
    """Without one, this is the line that says that the stories ran on pouchdb-server only."""
    assert COUCHDB_URL is not None
    answer = httpx2.get(COUCHDB_URL, trust_env=False).json()
    assert answer["couchdb"] == "Welcome"
    assert answer["vendor"]["name"] == "The Apache Software Foundation"


class TestCouchStore(StoreContract):
    pass


@pytest.mark.anyio
async def test_a_clients_own_member_with_the_notes_name_comes_back_as_it_was(store: CouchStore) -> None:
    area = store.database("area-a1")
    body: dict[str, Any] = {NOTE: 1, f"{NOTE}'": 2, f"{NOTE}''": 3, "other": {NOTE: 4}}

    await area.push([edit("a", "1-a", **body)], STEWARD)

    assert await area.read("a") == {"_id": "a", "_rev": "1-a", **body}
    entries = await store.journal(0, 9)
    assert [(entry.author, entry.device, entry.body) for entry in entries] == [
        ("steward1", "phone-1", {"_id": "a", "_rev": "1-a", **body})
    ]
