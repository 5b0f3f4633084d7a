"""Judging one document on its own: shape, photos, comparisons; every problem at once, with its place and in words.

For: `problems(document, settings)`: facts pushed by phones and facts recorded online, alike.
Not for: roles (rights.py), areas (server/access), life cycles and other facts (server/ledger).
Source: R-SYN-05; JSON Schema 2020-12; RFC 6901.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from jsonschema_rs import Draft202012Validator, ValidationError

from server.catalogue.envelope import fact_schema
from server.catalogue.registry import RECORD_TYPES
from server.catalogue.rules.kinds import SCOPES
from server.catalogue.subjects import kind_of
from server.catalogue.types import Problem, RecordType
from server.catalogue.words import pointer, problem_of
from server.ledger.model import JsonObject, JsonValue

# Codes are read by programs: never change one. Those of comparisons stand beside them in checks/.
PROBLEM_CODES = (
    "unknown_type",
    "missing_field",
    "wrong_type",
    "not_an_option",
    "too_long",
    "too_few",
    "too_many",
    "out_of_range",
    "bad_format",
    "repeated",
    "checklist_incomplete",
    "must_confirm",
    "invalid",
    "contradicts_envelope",
    "wrong_subject",
    "photos_too_few",
    "photo_repeated",
    "photo_not_listed",
    "too_short",
    "ends_before_start",
    "date_past",
    "date_too_far",
    "role_not_permitted",
    "sum_differs",
)


def problems(document: Mapping[str, JsonValue], settings: Mapping[str, JsonValue]) -> list[Problem]:
    """Return everything that is wrong with the document, in the order of its places; empty when it is acceptable.

    `settings` are complete, as settings_with returns them. The same document gives the same list.
    """
    declared = RECORD_TYPES.get(str(document.get("type")))
    if declared is None:
        return [_unknown_type(document)]
    found = list(_schema_problems(document, declared))
    if not found:
        # Comparisons read fields whose shape is known by now.
        found.extend(_comparisons(document, declared, settings))
    return found


def _unknown_type(document: Mapping[str, JsonValue]) -> Problem:
    name = str(document.get("type"))[:60]
    return Problem(
        "/type",
        "unknown_type",
        f"服务器不认识记录类型“{name}”，请更新应用后重试",
        f"the server does not know the record type “{name}”; update the app and send again",
    )


def _schema_problems(document: Mapping[str, JsonValue], declared: RecordType) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    missing_items: dict[str, list[ValidationError]] = {}
    for error in _validator(declared.name).iter_errors(document):
        if error.kind.name == "contains":
            missing_items.setdefault(pointer(error.instance_path), []).append(error)
            continue
        problem = problem_of(error, document, declared)
        if (problem.path, problem.code) not in seen:
            seen.add((problem.path, problem.code))
            yield problem
    for path, errors in missing_items.items():
        yield _incomplete_checklist(path, errors, declared)


def _incomplete_checklist(path: str, errors: Iterable[ValidationError], declared: RecordType) -> Problem:
    """Name the items of a checklist that are not answered exactly once."""
    name = path.rsplit("/", 1)[-1]
    checklist = declared.field(name).items
    assert checklist is not None, path
    # The schema asks for each item by one entry of `allOf`, in the order of the checklist.
    places = sorted({int(error.schema_path[error.schema_path.index("allOf", 3) + 1]) for error in errors})
    titles = [checklist.items[place].title for place in places]
    return Problem(
        path,
        "checklist_incomplete",
        f"检查项须各填一次：{'、'.join(title.zh for title in titles)}",
        f"answer once each: {', '.join(title.en for title in titles)}",
        declared.rules[0] if declared.rules else None,
    )


def _comparisons(
    document: Mapping[str, JsonValue], declared: RecordType, settings: Mapping[str, JsonValue]
) -> Iterator[Problem]:
    yield from _subject_problems(document, declared)
    yield from _repeated_photos(document)
    if "voids" in document:
        return  # a withdrawal has a reason and no body to compare
    yield from _contradictions(document, declared)
    yield from _photo_problems(document, declared)
    for check in declared.checks:
        yield from check.problems(document, settings)


def _subject_problems(document: Mapping[str, JsonValue], declared: RecordType) -> Iterator[Problem]:
    """A fact that opens a subject may name no other subject of that kind."""
    subject = str(document["subject"])
    own = document.get("amends") or document.get("voids") or document["_id"]
    if declared.opens_subject and kind_of(subject) == declared.name and subject != own:
        yield Problem(
            "/subject",
            "wrong_subject",
            f"对象应为 {own}，填写为 {subject}",
            f"the subject should be {own}, given is {subject}",
        )
    if (scope := kind_of(subject)) in SCOPES and subject != f"{scope}:{document[scope]}":
        yield Problem(
            "/subject",
            "wrong_subject",
            f"对象应为 {scope}:{document[scope]}，填写为 {subject}",
            f"the subject should be {scope}:{document[scope]}, given is {subject}",
        )


def _contradictions(document: Mapping[str, JsonValue], declared: RecordType) -> Iterator[Problem]:
    """What the body says again must agree with the envelope."""
    body = document["body"]
    assert isinstance(body, dict)
    for field in declared.fields:
        given = body.get(field.name)
        if field.repeats_envelope is None or given is None:
            continue
        stated = document[field.repeats_envelope]
        if field.repeats_envelope == "performed_at":
            agrees = datetime.fromisoformat(str(given)) == datetime.fromisoformat(str(stated))
        else:
            # A re-check is about a violation and names its project too: only a link of the subject's own kind repeats it.
            agrees = kind_of(str(stated)) not in field.links or given == stated
        if not agrees:
            yield Problem(
                f"/body/{field.name}",
                "contradicts_envelope",
                f"“{field.title.zh}”为 {given}，与记录的 {stated} 不一致",
                f"“{field.title.en}” is {given} and disagrees with the record's {stated}",
            )


def _photo_problems(document: Mapping[str, JsonValue], declared: RecordType) -> Iterator[Problem]:
    body = document["body"]
    assert isinstance(body, dict)
    photos = declared.photos
    needed = max([photos.min, *(each.min for each in photos.when if each.when.holds(body))])
    have = sum(1 for photo in _photos(document) if photo.get("kind") in photos.kinds)
    if have < needed:
        yield Problem(
            "/photos",
            "photos_too_few",
            f"需要至少 {needed} 张照片（{_kinds_zh(photos.kinds)}），现有 {have} 张",
            f"needs at least {needed} photos ({', '.join(photos.kinds)}), has {have}",
            declared.rules[0] if declared.rules else None,
        )


def _repeated_photos(document: Mapping[str, JsonValue]) -> Iterator[Problem]:
    """The same picture twice is one piece of evidence, not two."""
    seen: set[JsonValue] = set()
    for index, photo in enumerate(_photos(document)):
        sha256 = photo.get("sha256")
        if sha256 in seen:
            yield Problem(
                f"/photos/{index}/sha256",
                "photo_repeated",
                "同一张照片列了两次",
                "the same photo is listed twice",
            )
        seen.add(sha256)


def _photos(document: Mapping[str, JsonValue]) -> list[JsonObject]:
    photos = document.get("photos")
    return [photo for photo in photos if isinstance(photo, dict)] if isinstance(photos, list) else []


_PHOTO_KINDS_ZH = {
    "overview": "全景",
    "detail": "细节",
    "before": "整改前",
    "after": "整改后",
    "document": "单据",
    "meter": "表读数",
    "signature": "签名",
}


def _kinds_zh(kinds: Iterable[str]) -> str:
    return "、".join(_PHOTO_KINDS_ZH[kind] for kind in kinds)


@cache
def _validator(name: str) -> Draft202012Validator:
    schema: Any = fact_schema(RECORD_TYPES[name])
    return Draft202012Validator(schema, validate_formats=True, offline=True)
