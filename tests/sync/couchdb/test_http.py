"""What a client of the endpoint meets is the same on a CouchDB: stories of the embedded store, told again.

Not for: stories that look into the embedded store's file, or that never reach a store.
"""

# ruff: noqa: F401 - the stories are imported to be told here

from __future__ import annotations

import pytest

from tests.sync.test_http_attachments import (
    test_a_document_and_its_attachments_travel_as_one_multipart_message,
    test_a_range_of_an_attachment,
    test_a_replicator_reads_open_revisions_with_their_attachments,
    test_a_stub_carries_an_attachment_to_the_next_revision_and_what_is_not_named_goes,
    test_a_stub_that_stands_for_nothing_is_412_and_nothing_of_the_request_is_stored,
    test_an_attachment_is_read_with_what_tells_its_content,
    test_an_inline_attachment_is_shown_as_a_stub_and_whole_when_asked,
    test_attachments_are_put_and_deleted_by_hand,
    test_atts_since_brings_only_what_the_client_does_not_have,
    test_lists_and_feeds_show_attachments_when_asked,
    test_many_documents_are_fetched_as_multipart,
    test_only_who_administers_writes_attachments_and_a_phones_record_with_one_is_set_aside,
    test_replicated_stubs_find_their_bytes_in_the_past_of_the_document,
)
from tests.sync.test_http_bulk import (
    test_a_forged_generation_wins_nothing,
    test_edits_by_hand_in_a_batch_conflict_one_by_one,
    test_many_revisions_are_fetched_at_once,
    test_one_authors_refusals_are_limited,
    test_rows_come_in_the_order_sent_and_refusals_are_among_them,
)
from tests.sync.test_http_changes import (
    test_a_continuous_feed_gives_a_line_for_each_change,
    test_a_long_feed_is_streamed_whole,
    test_a_longpoll_ends_with_the_first_change,
    test_an_open_feed_ends_unserved_when_the_right_is_taken_away,
    test_feeds_end_when_the_database_goes_or_the_server_closes,
    test_taking_a_right_away_ends_the_feed_without_any_change,
)
from tests.sync.test_http_documents import (
    test_a_document_is_written_edited_and_deleted,
    test_checkpoints_are_kept_by_name,
    test_conflicts_are_shown_when_asked_for,
    test_databases_are_made_shown_and_deleted_by_the_operator,
    test_open_revisions_are_read_as_json_and_as_multipart,
)

pytestmark = pytest.mark.anyio

# What pouchdb-server 4.2 does not do as CouchDB does, each seen by asking it directly.
POUCHDB_SERVER_LACKS = {
    "test_a_replicator_reads_open_revisions_with_their_attachments": "dies when asked for the latest of what it has not",
    "test_open_revisions_are_read_as_json_and_as_multipart": "answers `latest` with one leaf where there are several",
}


@pytest.fixture(autouse=True)
def _asks_for_what_the_server_has(request: pytest.FixtureRequest, server: str) -> None:
    reason = POUCHDB_SERVER_LACKS.get(request.node.originalname)
    if server == "pouchdb-server" and reason is not None:
        pytest.skip(f"pouchdb-server {reason}")
