"""`python -m server` is `xunlu`."""

from server.cli import main

main()
