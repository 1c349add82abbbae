"""Verihook: a signed webhook starts a durable workflow exactly once."""

#: Written here and not read from an installed package: what is deployed is a copy of the files, not installed.
__version__ = "0.2.0"
