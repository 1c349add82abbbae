from __future__ import annotations

import inspect

from verihook.client import Client
from verihook.client.reading import wait


def test_a_method_has_the_documentation_and_the_parameters_of_its_operation() -> None:
    with Client("http://hooks.test") as client:
        assert (wait.__doc__, "wait") == (client.wait.__doc__, client.wait.__name__)
        assert inspect.signature(wait).parameters == inspect.signature(client.wait).parameters


def test_the_class_shows_the_operation_itself() -> None:
    assert wait is Client.wait
