"""The phrase book: what is said to customers, and what never is.

For: `PHRASES`, published as one document to every phone and desk, and `banned_in(text)`.
Not for: stopping anybody: a hit is a hint while typing and a figure of a call check, never a refusal.
Cues are matched as they stand in a text; where a cue has several parts, all of them occur in this order in one sentence. A cue
marked "=" counts only when it is the whole sentence: 喂 is rude as an opening and harmless inside a word.
Source: domain 3.24; R-CALL-16, R-CALL-17.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from server.ledger.model import JsonObject, JsonValue

_SENTENCE = re.compile(r"[。！？!?；;\n]+")
_EDGE = re.compile(r"^[\s，,、.…“”\"']+|[\s，,、.…“”\"']+$")


@dataclass(frozen=True, slots=True)
class Phrase:
    id: str
    cue: tuple[str, ...]  # its parts, in order
    kind: Literal["banned", "polite"]
    alone: bool = False  # only as a whole sentence


def _banned(*cues: str) -> list[Phrase]:
    return [
        Phrase(f"banned-{n:02}", tuple(cue.lstrip("=").split("…")), "banned", cue.startswith("="))
        for n, cue in enumerate(cues, 1)
    ]


def _polite(*cues: str) -> list[Phrase]:
    return [Phrase(f"polite-{n:02}", (cue,), "polite") for n, cue in enumerate(cues, 1)]


PHRASES: tuple[Phrase, ...] = (
    *_banned(
        # openers
        "=喂", "=讲话", "=哪里", "=找谁",
        # the list of the service rules
        "不知道", "墙上贴着", "=急什么", "急什么…烦", "急什么…忙", "=哪个", "要下班了…明天再来", "=不舒服", "=快点", "就这么说",
        "有本事…告", "喊什么", "讲了半天", "今天不办公", "你问我", "我不管", "不能办就不能办", "怎么这么麻烦", "处理不了",
        "=正忙", "说话清楚点", "真烦", "再说一遍…没听清", "都下班了", "看清楚再问", "自己看看", "没这个人", "渴了自己倒",
        "你自己都不知道",
        # of the telephone rules
        "没空", "=随便", "声音大点", "我已经说过了", "没来上班",
    ),
    *_polite(
        "您好", "早上好", "下午好", "晚上好", "谢谢", "对不起", "不客气", "再见", "请稍等", "好的，先生", "请问您找哪位",
        "有什么可以帮您", "请不要着急", "请与相关部门联系", "请留下您的电话和姓名", "我们会尽力帮助您", "谢谢您的批评",
        "这是我们应该做的", "感谢您的来电", "打扰您了", "我们会马上处理，尽快答复您",
    ),
)  # fmt: skip


def banned_in(text: str, phrases: Iterable[Phrase] = PHRASES) -> list[Phrase]:
    """Return the banned phrases that occur in a text, each once, in the order of the book."""
    sentences = [_EDGE.sub("", part) for part in _SENTENCE.split(text)]
    return [
        phrase
        for phrase in phrases
        if phrase.kind == "banned" and any(_occurs(phrase, sentence) for sentence in sentences)
    ]


def phrase_document(project: str) -> JsonObject:
    """The book as phones read it."""
    return {
        "_id": f"phrase_book:{project}",
        "type": "phrase_book",
        "project": project,
        "phrases": [{"id": each.id, "cue": list[JsonValue](each.cue), "kind": each.kind} for each in PHRASES],
    }


def _occurs(phrase: Phrase, sentence: str) -> bool:
    if phrase.alone:
        return sentence == phrase.cue[0]
    at = 0
    for part in phrase.cue:
        at = sentence.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True
