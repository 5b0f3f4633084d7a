"""`xunlu`: every command of the installation.

For: the command line's shape: groups, exit status 0 / 1 (failed, reason on stderr) / 2 (bad usage), `--json`.
Not for: what a command does (server/commands, one file each).
Source: contract section 1.
"""

from __future__ import annotations

import logging
import sys
from typing import NoReturn

import click

from server.commands import (
    copy,
    couchdb,
    demo,
    doctor,
    imports,
    notify,
    people,
    rebuild,
    serve,
    simulate,
    verify,
)
from server.errors import XunluError
from sync.errors import StoreUnfit


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
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


cli.add_command(serve.serve)
cli.add_command(demo.demo)
cli.add_command(imports.import_group)
cli.add_command(people.user)
cli.add_command(people.project)
cli.add_command(people.area)
cli.add_command(notify.notify)
cli.add_command(simulate.simulate)
cli.add_command(rebuild.rebuild)
cli.add_command(copy.copy)
cli.add_command(couchdb.couchdb)
cli.add_command(verify.verify)
cli.add_command(doctor.doctor)


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
