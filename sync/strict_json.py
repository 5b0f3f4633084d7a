"""The one strict JSON parser at the border.

For: turning received bytes into values that every reader of them - Python, JavaScript, SQLite, a receipt's hash - reads alike.
Not for: the meaning of documents (sync/documents, schemas) or sizes of requests (sync/http/bodies).
Source: promises D10; RFC 8259; RFC 7493 (I-JSON).

Refused: invalid UTF-8, a byte order mark, duplicate keys, non-finite numbers, numbers beyond 2^53-1 in magnitude,
lone surrogates, NUL characters, more than MAX_DEPTH containers inside each other, keys named `__proto__`.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any

import orjson

from sync.errors import BadJson

MAX_DEPTH = 32
MAX_SAFE_NUMBER = 2**53 - 1
_SHORT_BYTES = 4096  # up to here counting brackets is the faster way to see that a text is not deep
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
# A search is fast when its pattern begins with plain letters.
_EXPONENT = re.compile(rb"e\+")
_WHOLE_FLOAT = re.compile(rb"\.0[,}\]]")


def parse(data: bytes, max_depth: int = MAX_DEPTH) -> Any:
    """Return the value, or raise BadJson saying what is wrong."""
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise BadJson(f"invalid UTF-8 JSON: {error}") from error
    if _is_proven(data, value, max_depth):
        return value
    pairs = _check_values(value, max_depth, look_for_nul=b"\\" in data and b"\\u0000" in data)
    if not _keys_are_unique(data, value, pairs):
        raise BadJson("invalid JSON: an object names the same key twice")
    return value


def _is_proven(data: bytes, value: Any, max_depth: int) -> bool:
    """Whether a look at the bytes shows that nothing is wrong, as it does for most; False says nothing.

    When writing the value again gives the same bytes, no key was lost, every integer is safe, and the text is of one form: a
    float beyond 2^53 ends in ".0" or has "e+", and neither a letter nor an underscore is escaped. How deep it is shows too:
    orjson writes no more than MOST_WRITTEN containers inside each other, so the value is written inside as many as leave
    `max_depth` of them.
    """
    is_shallow = len(data) < _SHORT_BYTES and data.count(b"{") + data.count(b"[") <= max_depth
    if not is_shallow and max_depth >= MOST_WRITTEN:
        return False
    around = 0 if is_shallow else MOST_WRITTEN - max_depth
    try:
        written = orjson.dumps(_inside(value, around), option=orjson.OPT_STRICT_INTEGER)
    except orjson.JSONEncodeError:
        return False
    return (
        (written[around:-around] if around else written) == data
        and _EXPONENT.search(data) is None
        and _WHOLE_FLOAT.search(data) is None
        and not data.endswith(b".0")
        and b"__proto__" not in data
        and (b"\\" not in data or b"\\u0000" not in data)
    )


def _inside(value: Any, around: int) -> Any:
    for _ in range(around):
        value = [value]
    return value


def _most_written() -> int:
    """How many containers inside each other orjson writes, whichever they are; 0 when that is no firm number."""
    counts = set()
    for wrap in (lambda value: [value], lambda value: {"": value}):
        value: Any = wrap(0)
        count = 0
        with contextlib.suppress(orjson.JSONEncodeError):
            while count < 10 * MAX_DEPTH:
                orjson.dumps(value, option=orjson.OPT_STRICT_INTEGER)
                value, count = wrap(value), count + 1
        counts.add(count)
    return counts.pop() if len(counts) == 1 else 0


MOST_WRITTEN = _most_written()


def _check_values(value: Any, max_depth: int, look_for_nul: bool) -> int:
    """Check every value, one level of nesting at a time; return how many key-value pairs there are."""
    pairs = 0
    level: list[Any] = [[value]]
    for depth in range(max_depth + 2):
        inner: list[Any] = []
        for container in level:
            if type(container) is dict:
                pairs += len(container)
                if "__proto__" in container:
                    raise BadJson('invalid JSON: the key "__proto__" is not accepted')
                if look_for_nul and any("\0" in key for key in container):
                    raise BadJson("invalid JSON: a key holds a NUL character")
                members = container.values()
            else:
                members = container
            for member in members:
                kind = type(member)
                if kind is str:
                    if look_for_nul and "\0" in member:
                        raise BadJson("invalid JSON: a string holds a NUL character")
                elif kind is dict or kind is list:
                    inner.append(member)
                elif (kind is int or kind is float) and not -MAX_SAFE_NUMBER <= member <= MAX_SAFE_NUMBER:
                    raise BadJson("invalid JSON: a number is beyond 2^53-1; send it as text")
        if not inner:
            return pairs
        if depth >= max_depth:
            break
        level = inner
    raise BadJson(f"invalid JSON: nested deeper than {max_depth} levels")


def _keys_are_unique(data: bytes, value: Any, pairs: int) -> bool:
    """Each pair has one colon outside strings, and parsing drops repeated keys: fewer pairs than colons tell a repetition.

    Most input is settled without looking for strings: when writing the value again gives the same bytes (a repeated key
    would have been lost), or when there are no colons but the structural ones.
    """
    if orjson.dumps(value) == data or data.count(b":") == pairs:
        return True
    return _STRING.sub(b"", data).count(b":") == pairs
