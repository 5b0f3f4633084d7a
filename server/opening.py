"""Opens what the server works on: databases, documents and photos.

For: `open_services` and `close_services`, of the server and of commands that work on the same data.
Not for: the application around it (app.py), which a command need not wait for.
"""

from __future__ import annotations

import media
from server.access.directory import Directory
from server.access.service import AccessService
from server.clock import Clock, SystemClock
from server.database import create_tables, open_engine
from server.disk import heed_disk
from server.intake.rules import CatalogueRules
from server.intake.service import Intake
from server.services import Services
from server.settings import Settings
from server.stores import open_documents


def open_services(settings: Settings, clock: Clock | None = None) -> Services:
    """Open databases, documents and photos. Blocks on the disk; nothing runs yet.

    Raises sync.errors.StoreUnfit when the document store may not be opened here.
    """
    clock = clock or SystemClock()
    engine = open_engine(settings.database_url)
    create_tables(engine)
    store = open_documents(settings, clock.now)
    heed_disk(engine, store)
    evidence = media.EvidenceStore(settings.media, now=clock.now)
    directory = Directory(engine)
    return Services(
        settings=settings,
        clock=clock,
        engine=engine,
        store=store,
        evidence=evidence,
        directory=directory,
        access=AccessService(engine, directory, settings, clock, store),
        intake=Intake(engine, store, directory, evidence, CatalogueRules(), clock),
    )


async def close_services(services: Services) -> None:
    await services.store.close()
    services.engine.dispose()
