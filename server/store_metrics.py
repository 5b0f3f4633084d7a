"""The figures of the document store in Prometheus' words.

For: `store_metrics`, of server/health.
Not for: measuring (sync/sqlite); what a database or a person has (no labels: they would tell of areas and people).
Source: prometheus.io, "Metric and label naming"; prometheus_client, custom collectors.
"""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from sync.figures import Distribution, StoreFigures


def store_metrics(figures: StoreFigures) -> Iterator[Metric]:
    for name, what, count in (
        ("documents_written", "Revisions stored or set aside since the start", figures.documents_written),
        ("documents_read", "Document bodies handed out since the start", figures.documents_read),
        ("commits", "Transactions committed since the start", figures.commits),
        ("bodies_dropped", "Old bodies dropped by compaction since the start", figures.bodies_dropped),
    ):
        yield CounterMetricFamily(f"xunlu_{name}", what, value=count)
    yield _histogram("commit_seconds", "COMMIT, the flush to the disk included", figures.commit_seconds)
    yield _histogram("writes_in_a_commit", "Writes that shared one commit", figures.writes_in_a_commit)
    for name, what, value in (
        ("wal_bytes", "Size of the write-ahead log", figures.wal_bytes),
        ("store_bytes", "Size of the document store's file", figures.file_bytes),
        ("disk_free_bytes", "Free on the document store's disk", figures.free_bytes),
        ("open_feeds", "Requests that wait for changes", figures.open_feeds),
        ("held_pushes", "Pushed documents that were refused and set aside", figures.held),
        (
            "store_broken",
            "1: writing has stopped after a disk error, until a restart",
            int(figures.is_broken),
        ),
        ("disk_full", "1: the disk is full, phones' writes are refused", int(figures.is_full)),
    ):
        yield GaugeMetricFamily(f"xunlu_{name}", what, value=value)
    if figures.compacted_at is not None:
        what = "When compaction last ended, by itself or asked for"
        yield GaugeMetricFamily("xunlu_compacted_timestamp_seconds", what, value=figures.compacted_at)


def _histogram(name: str, what: str, seen: Distribution) -> Metric:
    below, buckets = 0, []
    for bound, count in zip((*map(str, seen.upper_bounds), "+Inf"), seen.counts, strict=True):
        below += count
        buckets.append((bound, below))
    return HistogramMetricFamily(f"xunlu_{name}", what, buckets=buckets, sum_value=seen.total)
