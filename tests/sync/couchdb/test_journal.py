"""The journal's file: one order, no place twice, nothing new in what comes again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.couchdb.journal import Journal
from sync.couchdb.journal_file import FILE_NAME
from sync.errors import StoreUnfit


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path, lambda: 1_000)
    yield journal
    journal.close()


def places(journal: Journal) -> list[tuple[int, str]]:
    return [(place.n, place.id) for place in journal.after(0, 100)]


def test_a_document_stands_at_its_latest_place(journal: Journal) -> None:
    assert journal.note_edits("area", [("a", ["1-a"]), ("b", ["1-b"])])
    assert journal.note_edits("area", [("a", ["2-a", "1-a"])])

    assert places(journal) == [(1_001, "b"), (1_002, "a")]
    assert journal.end == 1_002


def test_our_own_write_that_comes_back_is_no_news(journal: Journal) -> None:
    journal.note_edits("area", [("a", ["1-a"]), ("a", ["2-a", "1-a"])])
    before = places(journal)

    assert not journal.note_changes("area", [("a", ["2-a"])], "7-opaque")

    assert places(journal) == before == [(1_001, "a")]
    assert journal.since("area") == "7-opaque"


def test_a_late_word_of_the_past_ends_a_leaf_and_is_no_news(journal: Journal) -> None:
    journal.note_edits("area", [("a", ["3-c"]), ("a", ["2-b"])])
    before = places(journal)

    assert not journal.note_edits("area", [("a", ["3-c", "2-b"])])

    assert places(journal) == before
    assert journal.latest(None, 9)[0].revs == ["3-c"]


def test_a_node_that_lags_tells_no_news(journal: Journal) -> None:
    journal.note_changes("area", [("a", ["1-a"])], "1-x")
    journal.note_changes("area", [("a", ["2-a"])], "2-x")
    before = places(journal)

    assert not journal.note_changes("area", [("a", ["1-a"])], "1-y")  # a copy of the shard that is behind
    assert not journal.note_changes("area", [("a", ["2-a"])], "2-y")
    assert places(journal) == before
    assert journal.note_changes("area", [("a", ["2-a", "2-b"])], "3-y")  # a conflict is


def test_what_was_lost_is_news_when_it_comes_again(journal: Journal) -> None:
    journal.note_edits("area", [("a", ["1-a"]), ("b", ["1-b"])])
    journal.note_edits("area", [("a", ["2-a", "1-a"])])

    journal.forget_revisions("area", [("a", "2-a"), ("b", "1-b")])

    assert places(journal) == []
    assert journal.past("area", ["a", "b"]) == {}
    assert journal.note_edits("area", [("b", ["1-b"]), ("a", ["1-a"])])
    assert [name for _, name in places(journal)] == ["b", "a"]


def test_a_journal_that_was_lost_goes_on_above_all_it_gave_out(tmp_path: Path) -> None:
    first = Journal(tmp_path / "one", lambda: 5_000)
    first.note_edits("area", [("a", ["1-a"])])
    last = first.end
    first.close()
    (tmp_path / "one" / FILE_NAME).unlink()

    again = Journal(tmp_path / "one", lambda: 6_000)
    again.note_edits("area", [("a", ["1-a"])])

    assert places(again)[0][0] > last
    again.close()


def test_a_clock_that_went_back_gives_no_place_twice(tmp_path: Path) -> None:
    first = Journal(tmp_path, lambda: 5_000)
    first.note_edits("area", [("a", ["1-a"])])
    last = first.end
    first.close()

    again = Journal(tmp_path, lambda: 3)
    again.note_edits("area", [("b", ["1-b"])])

    assert again.end == last + 1
    again.close()


def test_a_second_process_is_refused_with_a_word_about_it(journal: Journal, tmp_path: Path) -> None:
    with pytest.raises(StoreUnfit, match=r"Another process uses .*: stop it first"):
        Journal(tmp_path)


def test_a_damaged_file_may_be_deleted_and_says_so(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database at all" * 1000)

    with pytest.raises(StoreUnfit, match="it may be deleted"):
        Journal(tmp_path)
