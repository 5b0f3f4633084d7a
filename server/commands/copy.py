"""`xunlu copy`: all documents of the installation from one store to the other."""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import cast

import click
from sqlalchemy import make_url

from server.access.sessions import carry_sessions
from server.commands.output import json_option, print_json
from server.commands.people import identity
from server.copying.ends import Copied, Kind, Reports, copy_documents
from server.errors import BadSettings
from server.settings import STORES, Settings
from sync.errors import StoreUnfit, SyncError

_STORE = click.Choice(STORES)


@click.command("copy")
@click.argument("source", metavar="FROM", type=_STORE)
@click.argument("target", metavar="TO", type=_STORE)
@json_option
def copy(source: str, target: str, as_json: bool) -> int:
    """Copy all documents FROM one store TO the other: sqlite (in XUNLU_DATA) or couchdb (at XUNLU_COUCHDB_URL).

    The server must not run meanwhile. Whole or not at all: the target must be empty, every document is compared afterwards,
    the source is left as it is, whoever is signed in stays so. When it has ended, set XUNLU_STORE to TO and start the server.
    """
    if source == target:
        raise click.UsageError("FROM and TO are the same store")
    settings = Settings.from_environ(os.environ)
    if settings.couchdb_url is None:
        raise BadSettings("XUNLU_COUCHDB_URL is missing; it names the CouchDB to copy from or to")
    with ExitStack() as bars:
        reports = _Bars(bars).reports()
        try:
            copied = asyncio.run(copy_documents(settings, cast(Kind, source), cast(Kind, target), reports))
        except SyncError as error:
            raise StoreUnfit(
                f"复制中断: {error.reason} 请再运行一次。 The copy was cut off: run it again."
            ) from error
        except KeyboardInterrupt:
            raise StoreUnfit(
                "复制被中断, 原件未动: 请再运行一次。 The copy was cut off, the original is untouched: run it again."
            ) from None
    carried = copied.carried
    _carry_sessions(settings, copied)
    if as_json:
        print_json({"from": source, "to": target, **asdict(carried)})
        return 0
    click.echo(
        f"databases {carried.databases}, documents {carried.documents}, revisions {carried.revisions}, "
        f"attachments {carried.attachments}, held {carried.held}: copied and compared"
    )
    click.echo(f"下一步 next: XUNLU_STORE={target} xunlu serve")
    return 0


def _carry_sessions(settings: Settings, copied: Copied) -> None:
    """Where there are accounts beside the documents; a copy that is a backup has none."""
    file = make_url(settings.database_url).database
    if file is None or not Path(file).exists():
        return
    with identity() as engine:
        carry_sessions(engine, copied.from_epoch, copied.to_epoch)


class _Bars:
    """One progress bar after the other, on standard error."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._bar: click._termui_impl.ProgressBar[int] | None = None

    def reports(self) -> Reports:
        return Reports(lambda text: click.echo(text, err=True), self._begin, self._move)

    def _begin(self, stage: str, steps: int) -> None:
        self._stack.close()
        self._bar = self._stack.enter_context(
            click.progressbar(length=max(steps, 1), label=stage, file=sys.stderr)
        )

    def _move(self, steps: int) -> None:
        assert self._bar is not None
        self._bar.update(steps)
