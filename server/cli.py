"""`xunlu`: every command of the installation.

For: the command line's shape: groups, exit status 0 / 1 (failed, reason on stderr) / 2 (bad usage), `--json`.
Not for: what a command does (server/commands, one file each).
Source: contract section 1.
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module
from typing import NoReturn

import click

from server.errors import XunluError
from sync.errors import StoreUnfit

# Name, file in server/commands, command in it. Each is imported when it is asked for: whoever adds a user need not wait
# for what draws the demo's pictures.
_COMMANDS = {
    "serve": ("serve", "serve"),
    "demo": ("demo", "demo"),
    "import": ("imports", "import_group"),
    "user": ("people", "user"),
    "project": ("people", "project"),
    "area": ("people", "area"),
    "setting": ("setting", "setting"),
    "notify": ("notify", "notify"),
    "simulate": ("simulate", "simulate"),
    "rebuild": ("rebuild", "rebuild"),
    "copy": ("copy", "copy"),
    "couchdb": ("couchdb", "couchdb"),
    "verify": ("verify", "verify"),
    "doctor": ("doctor", "doctor"),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        file, name = _COMMANDS[cmd_name]
        command: click.Command = getattr(import_module(f"server.commands.{file}"), name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="xunlu", prog_name="xunlu")
@click.option(
    "--log-level", type=click.Choice(["debug", "info", "warning", "error"]), default="info", show_default=True
)
def cli(log_level: str) -> None:
    """Xunlu 巡录: rounds, records and photo evidence for property stewards."""
    logging.basicConfig(
        level=log_level.upper(), format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr
    )
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    # It tells every address it asks for: those name people's records, and hold keys (S-31).
    logging.getLogger("httpx2").setLevel(logging.WARNING)


def main() -> NoReturn:
    """Run a command. Errors we know are one line on stderr; a stack trace is for what nobody foresaw."""
    try:
        status = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("interrupted", err=True)
        sys.exit(1)
    except (XunluError, StoreUnfit) as error:
        click.echo(f"xunlu: {error}", err=True)
        sys.exit(1)
    sys.exit(status if isinstance(status, int) else 0)
