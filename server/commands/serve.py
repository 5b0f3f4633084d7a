"""`xunlu serve`: the server on the settings of the environment."""

from __future__ import annotations

import os

import click

from server.commands.serving import run
from server.settings import Settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def serve(host: str, port: int) -> int:
    """Start the server. Settings come from XUNLU_… variables."""
    from server.app import create_app  # the whole application: `xunlu --help` need not wait for it

    return run(create_app(Settings.from_environ(os.environ)), host, port)
