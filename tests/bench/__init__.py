"""How fast the product is on this machine: `make bench` prints one table.

Not for: whether it is right (the tests), or whether it survives (make soak). Nothing here fails a build: figures on a
loaded machine say nothing, so a person reads them.
"""
