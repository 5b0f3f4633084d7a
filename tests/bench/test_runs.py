"""The measurements themselves still run: each group of the replication endpoint, with counts that say nothing about speed.

Not for: figures or bars. Phones in a browser are measured by tests/e2e/test_bars.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench import sync_bulk, sync_idle, sync_small
from tests.bench.figures import table


def test_bulk_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync_bulk, "DOCUMENTS", 200)
    monkeypatch.setattr(sync_bulk, "REPEATS", 1)

    figures = list(sync_bulk.bulk_figures(tmp_path))

    assert {one.bar for one in figures if one.unit == "ms"} == {80, 90, 40, 28, None}
    assert all(one.value > 0 for one in figures if one.unit == "docs/s")


@pytest.mark.soak
def test_small_syncs_are_measured_by_processor_and_by_many_phones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {"TURNS": 1, "ALONE": 2, "BESIDE": 100, "PHONES": 4, "SYNCS": 2, "SIZES": (100,), "DATABASES": 3}
    for name, value in few.items():
        monkeypatch.setattr(sync_small, name, value)

    figures = list(sync_small.small_figures(tmp_path))

    whole, outside = figures[1].value, figures[2].value
    assert whole > outside > 0
    assert "small sync, 4 phones at once, 3 databases (best of 1)" in table(figures)


@pytest.mark.soak
def test_idle_phones_are_woken_and_working_ones_measured_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {"MOST": 60, "LISTENERS": 20, "WORKING": 2, "SYNCS": 1, "EVERY_SECONDS": 0.1, "WRITES": 2}
    for name, value in few.items():
        monkeypatch.setattr(sync_idle, name, value)

    figures = list(sync_idle.idle_figures(tmp_path))

    assert [one.bar for one in figures] == [40, 500, None, None, 500, None]
    assert all(one.value > 0 for one in figures)
