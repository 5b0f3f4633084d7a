"""What two readers could read differently never enters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
