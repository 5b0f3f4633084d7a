"""How fast the product is on this machine: `make bench` prints one table.

Not for: whether it is right (the tests), or whether it survives (make soak). No build depends on it: figures of a
loaded machine say nothing, so a person reads them.
"""
