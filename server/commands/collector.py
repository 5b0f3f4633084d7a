"""How often a serving process looks for garbage that holds itself.

For: `settle`, once everything is loaded.
Source: Python documentation, "gc".

By default the collector runs after every 700 new containers, a third of a batch of pushed records, and from time to time over
all that was loaded at the start, which holds up every request meanwhile.
"""

from __future__ import annotations

import gc

YOUNG_OBJECTS = 10_000  # some batches of records; what is not garbage is looked at once and not three times


def settle() -> None:
    """Never look again at what is here now, and rarely at what comes. Safe to repeat."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
