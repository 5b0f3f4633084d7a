"""The phrase book finds what must not be said, and leaves ordinary words alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from server.catalogue.phrases import PHRASES, banned_in, phrase_document

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "phrases.json").read_text())


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["text"] or "nothing")
def test_banned_words_are_found_and_ordinary_ones_left_alone(vector: dict[str, Any]) -> None:
    assert ["…".join(each.cue) for each in banned_in(vector["text"])] == vector["banned"]


def test_the_book_is_whole_and_each_phrase_stands_once() -> None:
    assert len({each.id for each in PHRASES}) == len(PHRASES)
    assert sum(each.kind == "banned" for each in PHRASES) == 4 + 29 + 5
    assert sum(each.kind == "polite" for each in PHRASES) >= 19
    assert len({each.cue for each in PHRASES}) == len(PHRASES)
    assert len(phrase_document("demo")["phrases"]) == len(PHRASES)  # type: ignore[arg-type]
