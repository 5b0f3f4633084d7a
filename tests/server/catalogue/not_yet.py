"""Rules of the domain that nobody has filled in yet, by area. It only shrinks."""

from __future__ import annotations

NOT_YET: dict[str, tuple[str, ...]] = {
    "general": (
        "R-GEN-11",
    ),
    "decoration": (
        "R-DEC-04", "R-DEC-05", "R-DEC-16", "R-DEC-17", "R-DEC-22",
    ),
    "vacancy": (
        "R-VAC-11",
    ),
    "fees": (
        "R-FEE-04", "R-FEE-12",
    ),
    "complaints": (
        "R-CMP-15", "R-CMP-26",
    ),
    "repairs": (
        "R-REP-18",
    ),
    "return visits": (
        "R-RV-03",
    ),
    "resident visits": (
        "R-VIS-03",
    ),
    "key customers": (
        "R-KC-04",
    ),
    "move-in": (
        "R-MOV-06", "R-MOV-08",
    ),
    "command centre": (
        "R-DUT-06",
    ),
    "inspections": (
        "R-INS-21",
    ),
    "surveys": (
        "R-SAT-17",
    ),
    "sync": (
        "R-SYN-04",
    ),
    "beyond the seeds": (
        "R-X-03", "R-X-04", "R-X-05", "R-X-06", "R-X-07", "R-X-08", "R-X-09", "R-X-19",
        "R-X-20", "R-X-21", "R-X-26", "R-X-27", "R-X-28", "R-X-29", "R-X-30", "R-X-31",
        "R-X-32", "R-X-33", "R-X-34", "R-X-35", "R-X-37", "R-X-38",
    ),
}  # fmt: skip

# Declared with words and figures, and nothing carries them out yet.
DECLARED_ONLY: set[str] = {
    "R-SYN-07",
    "R-SYN-09",
    "R-X-13",
}

KINDS_TO_COME: set[str] = set()
