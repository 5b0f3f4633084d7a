"""What two readers could read differently never enters."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync import strict_json
from sync.errors import BadJson
from sync.strict_json import MAX_SAFE_NUMBER, parse

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
NUMBERS = st.integers(-MAX_SAFE_NUMBER, MAX_SAFE_NUMBER) | st.floats(
    -1e15, 1e15, allow_nan=False, allow_infinity=False
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXT.filter(lambda key: key != "__proto__"), inner, max_size=4)
    ),
    max_leaves=20,
)


@given(VALUES, st.booleans(), st.sampled_from([None, 1]))
def test_what_the_json_module_writes_is_read_as_the_same_value(
    value: Any, ascii_only: bool, indent: Any
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)

    assert parse(text.encode()) == value


@given(TEXT, VALUES, VALUES)
def test_a_key_that_is_there_twice_is_refused_wherever_it_stands(key: str, one: Any, other: Any) -> None:
    name = json.dumps(key)
    text = f'{{"outer": [{{{name}: {json.dumps(one)}, "b:c": 1, {name}: {json.dumps(other)}}}]}}'

    with pytest.raises(BadJson):
        parse(text.encode())


@given(st.binary(max_size=60))
def test_any_bytes_are_read_as_python_reads_them_or_refused(data: bytes) -> None:
    try:
        value = parse(data)
    except BadJson:
        return
    assert value == json.loads(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a":1}}',
        b"\xff",
        b'\xef\xbb\xbf{"a":1}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b"[1e16]",
        b"[9007199254740992]",
        b"[-9007199254740992]",
        b"[123456789012345678901234567890]",
        b'["\\ud800"]',
        b'["\\u0000"]',
        b'{"a\\u0000":1}',
        b'{"__proto__":1}',
        b'{"a":1,"\\u0061":2}',
        b'{"a":{"b":1,"b":1}}',
        b"[01]",
        b"[1,]",
        b"{'a':1}",
        b"[1] // no",
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000,
        b'{"a":' * 33 + b"1" + b"}" * 33,
    ],
    ids=lambda data: repr(data[:24]),
)
def test_hostile_json_is_refused(data: bytes) -> None:
    with pytest.raises(BadJson):
        parse(data)


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 32 + b"]" * 32,
        b'{"a:b":"c:d"}',
        b'{"a":"\\"x\\":1"}',
        b"[9007199254740991]",
        b'{"a":1, "A":2}',
        b'["\\ud83d\\ude00"]',
        b' {"a" : 1.50} ',
    ],
    ids=lambda data: repr(data[:24]),
)
def test_plain_json_is_read(data: bytes) -> None:
    assert parse(data) == json.loads(data)


def plainly(data: bytes, max_depth: int) -> Any:
    """The same promise kept slowly, a value at a time. Raises ValueError."""

    def refuse(text: str) -> None:
        raise ValueError(text)

    def number(kind: type[int] | type[float]) -> Any:
        return lambda text: kind(text) if abs(float(text)) <= MAX_SAFE_NUMBER else refuse(text)

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs) or "__proto__" in dict(pairs):
            refuse("key")
        return dict(pairs)

    def walk(value: Any, left: int) -> None:
        if isinstance(value, str):
            value.encode()  # UnicodeEncodeError, a ValueError: a lone surrogate
            if "\0" in value:
                refuse(value)
        elif isinstance(value, (dict, list)):
            if not left:
                refuse("depth")
            for inner in [*value, *value.values()] if isinstance(value, dict) else value:
                walk(inner, left - 1)

    value = json.loads(
        data.decode(),
        object_pairs_hook=unique,
        parse_constant=refuse,
        parse_int=number(int),
        parse_float=number(float),
    )
    walk(value, max_depth)
    return value


NUMBER_TEXTS = st.sampled_from(
    ["0", "-0", "1", "-1.5", "12.0", "1e3", "9007199254740991", "9007199254740992", "9007199254740991.0", "9007199254740992.0",
     "1e15", "1e16", "1E+16", "-1.2e22", "0.1e17", "123456789012345678901234", "18446744073709551616", "5e-324", "1e-400",
     "1e400", "01", "1.", ".5", "NaN", "Infinity", "-"]
)  # fmt: skip
STRING_TEXTS = st.sampled_from(
    ['"a"', '"b"', r'"\u0061"', '"a:b"', r'"\"x\":1"', '"e+16,"', r'"\u0000"', r'"\ud800"', r'"\ud83d\ude00"', '"é"',
     '"__proto__"', r'"\u005f_proto__"', '"9007199254740992"', r'"\\"', r'"\/"', r'"\n"', '"\n"', '""', r'"\u007f"', "'a'"]
)  # fmt: skip
SPACES = st.sampled_from(["", "", "", " ", "\n\t"])


@st.composite
def texts(draw: Any, depth: int = 0) -> str:
    """JSON as anyone might write it, and often what is not quite JSON."""
    before, after = draw(SPACES), draw(SPACES)
    shape = draw(st.integers(0, 5 if depth < 5 else 1))
    if shape == 0:
        inner = draw(st.one_of(NUMBER_TEXTS, st.sampled_from(["true", "false", "null", "nul"])))
    elif shape == 1:
        inner = draw(STRING_TEXTS)
    elif shape in (2, 3):
        inner = "[" + ",".join(draw(st.lists(texts(depth + 1), max_size=3))) + "]"
    else:
        members = draw(st.lists(st.tuples(STRING_TEXTS, texts(depth + 1)), max_size=3))
        inner = "{" + ",".join(f"{key}{draw(SPACES)}:{value}" for key, value in members) + "}"
    return f"{before}{inner}{after}"


def as_written_again(text: str) -> str:
    """The one form that most senders use, when it is JSON at all."""
    try:
        return orjson.dumps(json.loads(text)).decode()
    except (ValueError, TypeError):
        return text


@given(st.one_of(texts(), texts().map(as_written_again)), st.integers(1, 4))
def test_exactly_what_a_plain_reading_refuses_is_refused(text: str, max_depth: int) -> None:
    data = text.encode()
    try:
        expected = plainly(data, max_depth)
    except ValueError:
        with pytest.raises(BadJson):
            parse(data, max_depth)
    else:
        assert parse(data, max_depth) == expected


@given(
    st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(2.0**52, 2.0**54)
    | st.floats(-(2.0**80), -(2.0**52))
)
def test_a_number_beyond_what_javascript_counts_is_refused_however_it_is_written(number: float) -> None:
    for data in (orjson.dumps(number), orjson.dumps({"a": [number]}), orjson.dumps([{"b": number, "c": 1}])):
        if abs(number) <= MAX_SAFE_NUMBER:
            assert parse(data) == orjson.loads(data)
        else:
            with pytest.raises(BadJson):
                parse(data)


def nested(depth: int, kinds: str, innermost: str) -> str:
    """`innermost` inside so many containers, which take turns after `kinds`."""
    around = [kinds[at % len(kinds)] for at in range(depth)]
    opened = "".join("[" if kind == "[" else '{"a":' for kind in around)
    return opened + innermost + "".join("]" if kind == "[" else "}" for kind in reversed(around))


@pytest.mark.parametrize("length", [2, 5_000])
@pytest.mark.parametrize("kinds", ["[", "{", "[{", "{{["])
@pytest.mark.parametrize("innermost", ["1", "[]", "{}", '"x"', '[1,"["]', '{"a":{}}'])
def test_one_container_too_many_is_refused_however_it_is_filled(
    length: int, kinds: str, innermost: str
) -> None:
    own = innermost.replace('"["', "").count("[") + innermost.count("{")
    for depth in range(28, 36):
        text = json.dumps(["x" * length])[:-1] + f",{nested(depth - 1, kinds, innermost)}]"
        data = text.encode()
        if depth + own <= strict_json.MAX_DEPTH:
            assert parse(data) == json.loads(data)
        else:
            with pytest.raises(BadJson):
                parse(data)


def test_how_deep_the_writer_goes_is_known() -> None:
    assert strict_json.MOST_WRITTEN > 2 * strict_json.MAX_DEPTH  # else every long text is checked slowly


@pytest.mark.parametrize("length", [2, 300_000])
def test_long_texts_are_read_as_strictly_as_short_ones(length: int) -> None:
    filler = "x" * length
    for good in ([filler], {"a": filler, "b": [1.5]}):
        assert parse(json.dumps(good, separators=(",", ":")).encode()) == good
    for bad in (
        '{"a":1,"a":1}',
        "1e+16",
        "9007199254740992",
        r'"\u0000"',
        '{"__proto__":1}',
        "[" * 32 + "]" * 32,
    ):
        with pytest.raises(BadJson):
            parse(f'["{filler}",{bad}]'.encode())
