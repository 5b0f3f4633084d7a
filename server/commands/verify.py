"""`xunlu verify`: everything that is kept, read again and compared: documents, photos, records."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

import click

from server.commands.output import json_option, print_json
from server.settings import Settings
from server.verification import ALL_KINDS, verify_installation
from sync.sqlite import is_in_use
from sync.verification import Damage

_LABELS = {"documents": "文档 documents", "photos": "照片 photos", "records": "记录 records"}


@click.command()
@json_option
def verify(as_json: bool) -> int:
    """Read everything again: each document, attachment, photo and record against its checksum, hash and history.

    Reads only, and changes nothing: it may run beside the server. Exit status 1 with a list when something is damaged.
    """
    settings = Settings.from_environ(os.environ)
    is_serving = settings.store == "sqlite" and is_in_use(settings.documents)
    if not as_json:
        if is_serving:
            click.echo(
                "服务正在运行: 只读核查, 互不影响。The server is running: this only reads, beside it.",
                err=True,
            )
        if settings.store != "sqlite":
            click.echo(
                "文档由 CouchDB 保管, 由它核查。CouchDB keeps the documents and checks them itself.", err=True
            )
    with _Bars(is_shown=not as_json) as bars:
        found = list(verify_installation(settings, bars.begin))
    if as_json:
        print_json(
            {"is_clean": not found, "is_serving": is_serving, "damage": [_shown(one) for one in found]}
        )
        return int(bool(found))
    for damage in found:
        what_zh, what_en, todo_zh, todo_en = ALL_KINDS[damage.kind]
        detail = f" ({damage.detail})" if damage.detail else ""
        click.echo(f"{damage.place}{detail}: {what_zh}。{todo_zh}。 {what_en}; {todo_en}.", err=True)
    if found:
        click.echo(f"发现 {len(found)} 处损坏。{len(found)} damaged.", err=True)
    else:
        click.echo("全部完好。Everything is whole.")
    return int(bool(found))


def _shown(damage: Damage) -> dict[str, Any]:
    what_zh, what_en, todo_zh, todo_en = ALL_KINDS[damage.kind]
    return asdict(damage) | {"what": {"zh": what_zh, "en": what_en}, "todo": {"zh": todo_zh, "en": todo_en}}


class _Bars:
    """One progress bar for each stage, on standard error; the last ends with the block."""

    def __init__(self, is_shown: bool) -> None:
        self._is_shown = is_shown
        self._stack = ExitStack()

    def __enter__(self) -> _Bars:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def begin(self, name: str) -> Callable[[int, int], None]:
        self._stack.close()
        if not self._is_shown:
            return lambda done, total: None
        bar = self._stack.enter_context(click.progressbar(length=1, label=_LABELS[name], file=sys.stderr))

        def progress(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        return progress
