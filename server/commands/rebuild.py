"""`xunlu rebuild`: make the read model and every status again from the documents and the journal."""

from __future__ import annotations

import click
from sqlalchemy import func, select

from server.commands.offline import with_services
from server.intake.tables import fact, status
from server.services import Services


@click.command()
def rebuild() -> None:
    """Empty the read model and read the journal from its beginning. The statuses come out the same."""

    async def work(services: Services) -> tuple[int, int]:
        await services.intake.start()
        try:
            await services.intake.rebuild()
        finally:
            await services.intake.stop()
        with services.engine.connect() as connection:
            facts = connection.scalar(select(func.count()).select_from(fact)) or 0
            statuses = connection.scalar(select(func.count()).select_from(status)) or 0
        return facts, statuses

    facts, statuses = with_services(work)
    click.echo(f"rebuilt: {facts} facts, {statuses} statuses")
