"""The rules of the domain, one file per area, and the words they are declared with."""
