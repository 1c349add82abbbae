"""A connection, where hooks.toml says no more than its URL."""

from __future__ import annotations

from verihook.model.connection import Connection


def test_a_secret_goes_where_most_services_take_it() -> None:
    connection = Connection("erp", "https://erp.example")
    assert ("", "authorization", "Bearer ") == (connection.secret, connection.header, connection.prefix)
