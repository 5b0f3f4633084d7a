"""The pure part: facts in, statuses and due items out. No clock, no disk, no network."""
