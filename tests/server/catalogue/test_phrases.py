"""The phrase book finds what must not be said, and leaves ordinary words alone."""

from __future__ import annotations

import pytest

from server.catalogue.phrases import PHRASES, banned_in, phrase_document


@pytest.mark.parametrize(
    ("text", "cues"),
    [
        ("喂", ["喂"]),
        ("急什么！", ["急什么"]),
        ("喂！找谁？", ["喂", "找谁"]),
        ("这事我不知道。", ["不知道"]),
        ("急什么，没看我正忙吗", ["急什么…忙"]),
        ("快要下班了，明天再来吧", ["要下班了…明天再来"]),
        ("再说一遍，没听清", ["再说一遍…没听清"]),
    ],
)
def test_banned_words_are_found(text: str, cues: list[str]) -> None:
    assert ["…".join(each.cue) for each in banned_in(text)] == cues


@pytest.mark.parametrize(
    "text",
    ["", "业主喂养流浪猫", "请问您找哪位", "要下班了会有人接替。", "漏水点在哪里：卫生间", "随便利店走"],
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert banned_in(text) == []


def test_the_book_is_whole_and_each_phrase_stands_once() -> None:
    assert len({each.id for each in PHRASES}) == len(PHRASES)
    assert sum(each.kind == "banned" for each in PHRASES) == 4 + 29 + 5
    assert sum(each.kind == "polite" for each in PHRASES) >= 19
    assert len({each.cue for each in PHRASES}) == len(PHRASES)
    assert len(phrase_document("demo")["phrases"]) == len(PHRASES)  # type: ignore[arg-type]
