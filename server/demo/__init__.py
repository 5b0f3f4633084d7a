"""The demo project: three areas, six hundred units, thirty days of work, from one fixed seed."""
