"""A schema error in words: which field, by its title, and what to do about it.

For: `problem_of`, one error of the validator as a problem that a steward understands.
Not for: finding errors (validation.py).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from jsonschema_rs import ValidationError

from server.catalogue.envelope import ENVELOPE_TITLES
from server.catalogue.fields import Field, Label
from server.catalogue.schema import DAY_PATTERN, INSTANT_PATTERN
from server.catalogue.types import Problem, RecordType
from server.ledger.model import JsonValue

_ITEM = Label("检查项", "Item")
_WORDS_OF_TYPES = {
    "string": Label("文字", "text"),
    "integer": Label("整数", "a whole number"),
    "number": Label("数字", "a number"),
    "boolean": Label("是或否", "yes or no"),
    "array": Label("列表", "a list"),
    "object": Label("一组字段", "a group of fields"),
    "null": Label("空", "nothing"),
}
_FORMATS = {
    "date": Label("日期，如 2026-11-22", "a day such as 2026-11-22"),
    "date-time": Label(
        "带时区的时间，如 2026-11-22T10:03:05+08:00", "a time such as 2026-11-22T10:03:05+08:00"
    ),
}

_SAME_AS = {DAY_PATTERN: "date", INSTANT_PATTERN: "date-time"}


def problem_of(error: ValidationError, document: Mapping[str, JsonValue], declared: RecordType) -> Problem:
    """Return the problem an error of the validator amounts to."""
    path: list[str | int] = list(error.instance_path)
    keyword = error.kind.name
    details = error.kind.as_dict()
    if keyword == "required":
        path.append(str(details["property"]))
    title = title_of(path, document, declared)
    code, zh, en = _PHRASES.get(keyword, _invalid)(title, details, error)
    return Problem(pointer(path), code, zh, en)


def pointer(path: Sequence[str | int]) -> str:
    """Return the JSON pointer of a path (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


def title_of(path: Sequence[str | int], document: Mapping[str, JsonValue], declared: RecordType) -> Label:
    """Return the title of the field at `path`, with the number or name of the entry it is in."""
    if len(path) < 2 or path[0] != "body":
        name = str(path[0]) if path else "body"
        return ENVELOPE_TITLES.get(name, Label(name, name))
    field = _find(declared.fields, str(path[1]))
    if field is None:
        return ENVELOPE_TITLES.get(str(path[1]), Label(str(path[1]), str(path[1])))
    if len(path) < 3:
        return field.title
    number = int(path[2]) + 1 if isinstance(path[2], int) else path[2]
    entry = _item_title(field, path, document) or Label(
        f"{field.title.zh} 第 {number} 条", f"{field.title.en}, entry {number}"
    )
    inner = _find(field.fields, str(path[3])) if len(path) > 3 else None
    if inner is not None:
        return Label(f"{entry.zh}：{inner.title.zh}", f"{entry.en}: {inner.title.en}")
    known = _CHECKLIST_MEMBERS.get(str(path[3])) if len(path) > 3 and field.items is not None else None
    return Label(f"{entry.zh}：{known.zh}", f"{entry.en}: {known.en}") if known else entry


_CHECKLIST_MEMBERS = {
    "note": Label("说明", "Note"),
    "photos": Label("照片", "Photos"),
    "result": Label("结果", "Result"),
    "code": Label("编号", "Code"),
}


def _item_title(field: Field, path: Sequence[str | int], document: Mapping[str, JsonValue]) -> Label | None:
    """Return the title of the checklist item at `path`, when it says which it is."""
    if field.items is None:
        return None
    value: JsonValue = dict(document)
    for part in path[:3]:
        if isinstance(value, dict) and isinstance(part, str):
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
    code = value.get("code") if isinstance(value, dict) else None
    for item in field.items.items:
        if item.value == code:
            return Label(f"{_ITEM.zh}“{item.title.zh}”", f"{_ITEM.en} “{item.title.en}”")
    return None


def _find(fields: Sequence[Field], name: str) -> Field | None:
    return next((field for field in fields if field.name == name), None)


_Phrase = Callable[[Label, Mapping[str, object], ValidationError], tuple[str, str, str]]


def _missing(title: Label, details: Mapping[str, object], error: ValidationError) -> tuple[str, str, str]:
    return "missing_field", f"请填写：{title.zh}", f"Fill in: {title.en}"


def _type(title: Label, details: Mapping[str, object], error: ValidationError) -> tuple[str, str, str]:
    expected = details.get("types") or details.get("type") or error.kind.value
    names = [str(each) for each in expected] if isinstance(expected, list) else [str(expected)]
    words = [_WORDS_OF_TYPES.get(name, Label(name, name)) for name in names]
    zh, en = "或".join(word.zh for word in words), " or ".join(word.en for word in words)
    return "wrong_type", f"“{title.zh}”应为{zh}", f"“{title.en}” should be {en}"


def _option(title: Label, details: Mapping[str, object], error: ValidationError) -> tuple[str, str, str]:
    return (
        "not_an_option",
        f"“{title.zh}”不在可选项中：{_short(error.instance)}",
        f"“{title.en}” is not one of the options: {_short(error.instance)}",
    )


def _constant(title: Label, details: Mapping[str, object], error: ValidationError) -> tuple[str, str, str]:
    if error.kind.value is True:
        return "must_confirm", f"须确认：{title.zh}", f"has to be confirmed: {title.en}"
    return (
        "not_an_option",
        f"“{title.zh}”应为 {_short(error.kind.value)}",
        f"“{title.en}” should be {_short(error.kind.value)}",
    )


def _longer(title: Label, details: Mapping[str, object], error: ValidationError) -> tuple[str, str, str]:
    limit = error.kind.value
    return (
        "too_long",
        f"“{title.zh}”最多 {limit} 个字",
        f"“{title.en}” has room for {limit} characters",
    )


def _few(title: Label, details: Mapping[str, object], error: ValidationError) -> tuple[str, str, str]:
    limit = error.kind.value
    return "too_few", f"“{title.zh}”至少 {limit} 项", f"“{title.en}” needs at least {limit}"


def _many(title: Label, details: Mapping[str, object], error: ValidationError) -> tuple[str, str, str]:
    limit = error.kind.value
    return "too_many", f"“{title.zh}”最多 {limit} 项", f"“{title.en}” takes at most {limit}"


def _least(title: Label, details: Mapping[str, object], error: ValidationError) -> tuple[str, str, str]:
    limit = error.kind.value
    return "out_of_range", f"“{title.zh}”不能小于 {limit}", f"“{title.en}” may not be below {limit}"


def _most(title: Label, details: Mapping[str, object], error: ValidationError) -> tuple[str, str, str]:
    limit = error.kind.value
    return "out_of_range", f"“{title.zh}”不能大于 {limit}", f"“{title.en}” may not be above {limit}"


def _format(title: Label, details: Mapping[str, object], error: ValidationError) -> tuple[str, str, str]:
    wanted = _FORMATS.get(_SAME_AS.get(str(error.kind.value), str(error.kind.value)))
    zh, en = (
        (f"应为{wanted.zh}", f"should be {wanted.en}") if wanted else ("格式不对", "is not in the right form")
    )
    given = _short(error.instance)
    return "bad_format", f"“{title.zh}”{zh}，填写为 {given}", f"“{title.en}” {en}, given is {given}"


def _repeated(title: Label, details: Mapping[str, object], error: ValidationError) -> tuple[str, str, str]:
    return "repeated", f"“{title.zh}”有重复项", f"“{title.en}” lists something twice"


def _invalid(title: Label, details: Mapping[str, object], error: ValidationError) -> tuple[str, str, str]:
    return "invalid", f"请检查：{title.zh}", f"Check: {title.en}"


_PHRASES: dict[str, _Phrase] = {
    "required": _missing,
    "type": _type,
    "enum": _option,
    "const": _constant,
    "minLength": _missing,
    "maxLength": _longer,
    "minItems": _few,
    "maxItems": _many,
    "minimum": _least,
    "maximum": _most,
    "pattern": _format,
    "format": _format,
    "uniqueItems": _repeated,
}


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
