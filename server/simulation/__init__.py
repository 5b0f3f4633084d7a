"""Dry runs of the rules over recorded facts: no server, no data directory."""
