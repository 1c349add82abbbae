"""The API under /v1: one file for each resource, one table (:mod:`verihook.api.routes`) for who may call what."""
