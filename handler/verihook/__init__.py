"""Verihook: a signed webhook starts a durable workflow exactly once."""
