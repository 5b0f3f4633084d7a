"""What a check of a CouchDB tells: one thing, how bad it is, and what to do, in Chinese and in English.

For: checks.py and database_checks.py; `xunlu couchdb check` prints it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

INIT = ("运行 xunlu couchdb init", "run xunlu couchdb init")


@dataclass(frozen=True, slots=True)
class Finding:
    name: str
    state: Literal["ok", "warning", "failed", "not offered"]
    zh: str
    en: str
