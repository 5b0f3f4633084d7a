"""Faults between a phone and its server, put there on purpose: a proxy, and what it may do to a call.

Not for: faults of the disk or of the server's own process (tests/sync, tests/e2e/test_kills.py).
"""

import pytest

# They judge too, and are to say what they found.
pytest.register_assert_rewrite("tests.faults.day", "tests.faults.bare_phone")
