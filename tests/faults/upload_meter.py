"""How many bytes of photos a phone put on the line, those included that a cut took away.

For: `UploadMeter`, whose `connection` listens to one connection of a line (tests/bench/slow_line.py).
Not for: what arrived; the server tells that.
Source: RFC 9112 sections 2 and 6; tus 1.0, "PATCH".
"""

from __future__ import annotations

import re
from collections.abc import Callable

_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_END = b"\r\n\r\n"


class UploadMeter:
    def __init__(self) -> None:
        self.carried = 0
        self.pieces = 0  # begun

    def connection(self) -> Callable[[bytes], None]:
        """Requests follow one another on a connection, each with its length said."""
        head = b""
        body_left = 0
        is_piece = False

        def heard(data: bytes) -> None:
            nonlocal head, body_left, is_piece
            while data:
                if body_left > 0:
                    body, data = data[:body_left], data[body_left:]
                    body_left -= len(body)
                    self.carried += len(body) if is_piece else 0
                    continue
                head += data
                if _END not in head:
                    return
                head, _, data = head.partition(_END)
                length = _LENGTH.search(head)
                body_left = int(length[1]) if length else 0
                is_piece = head.startswith(b"PATCH ")
                self.pieces += is_piece
                head = b""

        return heard
