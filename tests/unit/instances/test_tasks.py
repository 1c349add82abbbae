"""What state machines ask: gates, waits, and reads of large inputs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.unit.working import working
from verihook.errors import BodyTooLarge, Conflict, InstanceNotFound, RequestInvalid
from verihook.instances import payload
from verihook.instances.tasks import answer, is_task
from verihook.model.connection import Connection
from verihook.model.ports import MAX_INLINE


def test_gates_and_waits_come_to_the_operations(tmp_path: Path) -> None:
    with working(tmp_path, {}) as w:
        for event in ({"gate": {"execution": "none", "token": "t"}}, {"await": {"execution": "none", "name": "n"}}):
            whole = {key: {"token": "t", **value} for key, value in event.items()}
            with pytest.raises(InstanceNotFound):
                answer(whole, w.services)


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"gate": {"execution": "no name of ours!", "token": "t"}}, "execution: is not one of ours"),
        ({"gate": {"execution": "a"}}, "A task is gate"),
        ({"await": {"execution": "a", "name": 7, "token": "t"}}, "A task is gate"),
        ({"await": {"execution": "a", "name": "n", "token": "t", "seconds": 0}}, "await.seconds: must be"),
        ({"await": {"execution": "a", "name": "n", "token": "t", "seconds": True}}, "await.seconds: must be"),
        ({"read": {"input": {}, "paths": []}}, "A task is gate"),
        ({"connection": {"name": "erp"}}, "A task is gate"),
    ],
)
def test_a_task_of_no_known_shape_is_refused_in_words(tmp_path: Path, event: dict[str, Any], words: str) -> None:
    assert is_task(event)
    with working(tmp_path, {}) as w, pytest.raises(RequestInvalid, match=words):
        answer(event, w.services)


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        (["orderId"], {"orderId": "A1"}),
        (["orderId", "nobody"], {"orderId": "A1"}),
        (["items.*.price"], {"items": [{"price": 1}, {}, None]}),
        (["items.*.price", "items.*.note"], {"items": [{"price": 1, "note": "a"}, {}, None]}),
        (["items.*"], {"items": [{"price": 1, "note": "a"}, {"b": 2}, 7]}),
        (["buyer.name", "buyer"], {"buyer": {"name": "ann", "age": 7}}),
        (["buyer.name"], {"buyer": {"name": "ann"}}),
        # Names alone do not look into a list.
        (["items.price"], {"items": None}),
    ],
)
def test_a_machine_reads_what_it_needs_of_a_large_input(tmp_path: Path, paths: list[str], found: Any) -> None:
    items = [{"price": 1, "note": "a"}, {"b": 2}, 7]
    content = {"orderId": "A1", "items": items, "buyer": {"name": "ann", "age": 7}, "pad": "x" * MAX_INLINE}
    with working(tmp_path, {}) as w:
        reference = payload.store_if_large(json.dumps(content), content, "a", MAX_INLINE, w.services.payloads)

        def read(paths: list[Any], execution: str = "arn:aws:states:r:1:execution:m:a") -> Any:
            asked = {"execution": execution, "input": json.loads(reference), "paths": paths}
            return answer({"read": asked}, w.services)

        assert found == read(paths) == read(paths, "a.2")
        with pytest.raises(BodyTooLarge, match="262144"):
            read(["pad"])
        with pytest.raises(RequestInvalid, match="paths"):
            read([7])
        # What is of another instance was not written by us.
        assert json.loads(reference) == read([payload.MEMBER], "arn:aws:states:r:1:execution:m:other")
        assert {} == read(["orderId"], "b")


def test_a_machine_learns_which_connection_was_chosen_and_no_credential(tmp_path: Path) -> None:
    with working(tmp_path, {"w": lambda event, _: event}) as w:
        services = replace(w.services, connections={"erp": Connection("erp", "https://erp.example", "env:ERP_KEY")})
        w.claim("a", connection="erp", attempt=2)
        w.claim("b")
        w.claim("c", connection="gone")

        def asked(execution: str) -> Any:
            return answer({"connection": {"execution": execution}}, services)

        assert {"name": "erp", "url": "https://erp.example"} == asked("a.2")
        assert asked("b") is None
        with pytest.raises(Conflict, match="attempt 2"):
            asked("a")
        with pytest.raises(RequestInvalid, match=r"no \[connections.gone\] any more"):
            asked("c")
        with pytest.raises(RequestInvalid, match="another workflow"):
            asked("arn:aws:states:us-east-1:123456789012:execution:other:b")
        with pytest.raises(InstanceNotFound):
            asked("nobody")
