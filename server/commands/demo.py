"""`xunlu demo`: a project to look at, on a throw-away or kept data directory, on loopback only."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import click

from server.commands.serving import run
from server.demo.accounts import ACCOUNTS, PASSWORD
from server.demo.build import build_demo
from server.errors import BadSettings
from server.settings import Settings


@click.command()
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep the data here; without it, a throw-away directory.",
)
@click.option("--build-only", is_flag=True, help="Make the data and stop.")
def demo(port: int, data: Path | None, build_only: bool) -> int:
    """Serve the demo project: 3 areas, 600 units, 30 days of history."""
    if data is not None:
        return _demo_in(data, port, build_only)
    with tempfile.TemporaryDirectory(prefix="xunlu-demo-") as folder:
        return _demo_in(Path(folder) / "data", port, build_only)


def _demo_in(data: Path, port: int, build_only: bool) -> int:
    if not (data / "server.sqlite").exists():
        _build_into(data)
    if build_only:
        return 0
    from server.app import create_app  # the whole application: `xunlu --help` need not wait for it

    settings = Settings.from_environ({"XUNLU_DATA": str(data)})
    app = create_app(settings)
    _print_accounts(port)
    return run(app, "127.0.0.1", port)


def _build_into(data: Path) -> None:
    """Build beside it and move it into place whole: an interrupted build leaves no half demo behind."""
    if data.exists() and any(data.iterdir()):
        raise BadSettings(f"{data} is not empty and holds no demo; name an empty or a new directory")
    data.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".xunlu-demo-", dir=data.parent) as folder:
        building = Path(folder) / "data"
        settings = Settings.from_environ({"XUNLU_DATA": str(building)})
        with click.progressbar(length=100, label="演示数据 demo data", file=sys.stderr) as bar:
            asyncio.run(build_demo(settings, progress=lambda percent: bar.update(percent - bar.pos)))
        if data.exists():
            data.rmdir()
        building.rename(data)


def _print_accounts(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    click.echo(f"\n巡录 Xunlu 演示  {url}   (工作台 desk: {url}/desk)\n")
    click.echo(f"密码 password: {PASSWORD}\n")
    for account in ACCOUNTS:
        click.echo(f"  {account.name:<12} {account.display_name}  {account.what_zh} · {account.what_en}")
    click.echo("\n停止 stop: Ctrl+C\n")
