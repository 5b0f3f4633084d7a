"""Tells people: inbox documents and their words."""
