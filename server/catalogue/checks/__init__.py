"""Checks of one record that a plain field cannot say; each is a frozen declaration with its rule id."""
