"""Whether the server lives, whether it can serve, and its figures for Prometheus.

For: `/healthz`, `/readyz`, `/metrics`: open to anyone, without a word about people.
Not for: diagnosis of an installation (server/doctor).
Source: contract section 5; promises F-61, F-62.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from server.http.answers import json_response
from server.intake.tables import due_item, fact, notice, status
from server.jobs.upkeep import last_verified
from server.services import Services
from server.store_metrics import store_metrics
from sync.errors import SyncError
from sync.figures import StoreFigures

log = logging.getLogger(__name__)
PROBE_SECONDS = 5.0


def routes(services: Services) -> list[Route]:
    async def alive(request: Request) -> Response:
        return json_response({"status": "alive"})

    async def ready(request: Request) -> Response:
        try:
            await asyncio.to_thread(_ask_read_model, services)
            await asyncio.wait_for(services.store.probe(), PROBE_SECONDS)
        except SyncError as error:
            return _not_ready(error.reason, error)
        except TimeoutError as error:
            return _not_ready("文档库没有回应。The document store does not answer.", error)
        except SQLAlchemyError as error:
            return _not_ready("帐号与读模型的数据库没有回应。The SQL database does not answer.", error)
        return json_response({"status": "ready"})

    async def metrics(request: Request) -> Response:
        registry = CollectorRegistry()
        registry.register(_Figures(services, await _figures_of_store(services)))
        return Response(
            await asyncio.to_thread(generate_latest, registry), media_type="text/plain; version=0.0.4"
        )

    return [Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", metrics)]


def _not_ready(reason: str, cause: Exception) -> Response:
    log.error("not ready cause=%r", cause)
    return json_response({"status": "not ready", "reason": reason}, 503, {"Retry-After": "5"})


def _ask_read_model(services: Services) -> None:
    with services.engine.connect() as connection:
        connection.execute(select(1))


async def _figures_of_store(services: Services) -> StoreFigures | None:
    try:
        return await services.store.figures()
    except SyncError as error:  # the others are wanted all the more
        log.error("no figures of the document store cause=%r", error)
        return None


class _Figures(Collector):
    def __init__(self, services: Services, store: StoreFigures | None) -> None:
        self._services = services
        self._store = store

    def collect(self) -> Iterable[Metric]:
        with self._services.engine.connect() as connection:
            facts = connection.scalar(select(func.count()).select_from(fact)) or 0
            held = connection.scalar(
                select(func.count()).where(fact.c.held_code.is_not(None), fact.c.released_by.is_(None))
            )
            subjects = connection.scalar(select(func.count()).select_from(status)) or 0
            waiting = connection.scalar(select(func.count()).where(status.c.published.is_(False))) or 0
            notices = connection.scalar(select(func.count()).select_from(notice)) or 0
            due = connection.execute(
                select(due_item.c.status, func.count()).group_by(due_item.c.status)
            ).all()
            verified = last_verified(connection)
        if self._store is not None:
            yield from store_metrics(self._store)
        if verified is not None:
            at, damaged = verified.at.timestamp(), verified.damaged
            yield GaugeMetricFamily(
                "xunlu_verified_timestamp_seconds", "When verification last ended", value=at
            )
            yield GaugeMetricFamily(
                "xunlu_damaged", "Damaged pieces the last verification found", value=damaged
            )
        yield GaugeMetricFamily("xunlu_facts", "Facts in the read model", value=facts)
        yield GaugeMetricFamily("xunlu_held_facts", "Facts held and not released", value=held or 0)
        yield GaugeMetricFamily("xunlu_subjects", "Subjects with a status", value=subjects)
        yield GaugeMetricFamily("xunlu_unpublished_statuses", "Statuses not yet in the store", value=waiting)
        yield GaugeMetricFamily("xunlu_notices", "Reminders and alarms sent", value=notices)
        items = GaugeMetricFamily("xunlu_due_items", "Due items by status", labels=["status"])
        for name, count in due:
            items.add_metric([name], count)
        yield items

    def describe(self) -> Iterable[Metric]:
        return []
