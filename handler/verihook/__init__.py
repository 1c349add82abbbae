"""Verihook: a signed webhook starts a durable workflow exactly once."""

#: The one place that knows it: what is deployed is a copy, and nothing is installed there.
__version__ = "0.2.0"
