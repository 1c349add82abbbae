from __future__ import annotations

import inspect
from pathlib import Path

from tests.unit.client import typed_uses
from verihook.client import Client
from verihook.client.clients import Operations
from verihook.client.operation import Operation
from verihook.client.reading import wait


def test_a_method_has_the_documentation_and_the_parameters_of_its_operation() -> None:
    with Client("http://hooks.test") as client:
        assert (wait.__doc__, "wait") == (client.wait.__doc__, client.wait.__name__)
        assert inspect.signature(wait).parameters == inspect.signature(client.wait).parameters


def test_the_class_shows_the_operation_itself() -> None:
    assert wait is Client.wait


def test_the_types_of_every_operation_are_checked() -> None:
    text = Path(typed_uses.__file__).read_text("utf-8")
    operations = [name for name, each in vars(Operations).items() if isinstance(each, Operation)]
    assert len(operations) > 20
    assert [] == [name for name in operations if f"client.{name}(" not in text]
