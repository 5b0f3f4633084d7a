"""What the parts of the server are handed when they are put together.

For: route modules (`operations(services)`), jobs and commands, so that nothing reaches for a global.
Not for: making these (server/opening).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from server.clock import Clock
from server.settings import Settings

if TYPE_CHECKING:
    from media.store import EvidenceStore
    from server.access.directory import Directory
    from server.access.service import AccessService
    from server.intake.service import Intake
    from sync.database import Store


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    clock: Clock
    engine: Engine  # identity and read model (SQLAlchemy Core)
    store: Store  # documents and journal
    evidence: EvidenceStore
    directory: Directory  # projects, areas, people, database names
    access: AccessService  # sessions and identification
    intake: Intake
