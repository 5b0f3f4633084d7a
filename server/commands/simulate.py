"""`xunlu simulate`: what the rules would have made of recorded facts, under other settings: no server, no data directory."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import orjson

from server.simulation.lines import Change, Raised
from server.simulation.reading import instant, read_arrivals, read_calendar, read_settings
from server.simulation.run import simulate as play

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("facts", type=_FILE)
@click.option("--settings", "settings_file", type=_FILE, help="JSON object of settings that hold throughout.")
@click.option(
    "--calendar", "calendar_file", type=_FILE, help='JSON: {"holidays": [days], "makeup_days": [days]}.'
)
@click.option(
    "--json", is_flag=True, expose_value=False, help="Accepted for likeness: the output is JSON anyway."
)
@click.option("--until", required=True, metavar="TIME", help="RFC 3339, such as 2026-12-01T00:00:00+08:00.")
def simulate(facts: Path, settings_file: Path | None, calendar_file: Path | None, until: str) -> None:
    """Play FACTS (one {"received_at", "doc"} a line) and print every change of a due item and every alarm, then the figures.

    One JSON object a line, in order of time; the last line holds the figures K-01 to K-48.
    """
    try:
        end = instant(until)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--until") from error
    arrivals = read_arrivals(facts)
    settings = read_settings(settings_file) if settings_file else {}
    calendar = read_calendar(calendar_file) if calendar_file else None
    with click.progressbar(length=max(1, len(arrivals)), label=facts.name, file=sys.stderr) as bar:
        played = 0
        for told in play(arrivals, end, settings, calendar):
            if isinstance(told, Change | Raised):
                click.echo(orjson.dumps(told.as_json()).decode())
                while played < len(arrivals) and arrivals[played].received_at <= told.at:
                    played += 1
                bar.update(played - bar.pos)
            else:
                bar.update(bar.length - bar.pos if bar.length else 0)
                click.echo(
                    orjson.dumps({"kpi": {name: one.as_json() for name, one in told.items()}}).decode()
                )
