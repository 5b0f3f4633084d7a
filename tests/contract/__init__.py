"""The contract, held from outside: a real server process, HTTP, the command line, and stock PouchDB."""
