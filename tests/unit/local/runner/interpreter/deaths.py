"""Machines that wait for an answer, and the journal as a kill would leave it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from verihook.local.runner import Interpreter

Ask = dict[str, Any]

CALL = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "after"}}


def ask(order: str, **more: Any) -> Ask:
    """A task that waits for its token, which the function ``ask`` gets, with what stands for the order."""
    payload = {"token.$": "$$.Task.Token", "order.$": order}
    given = {"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "TimeoutSeconds": 3600}
    return {"Type": "Task", "Parameters": {"FunctionName": "ask", "Payload": payload}, **given, **more}


def machine(first: Ask) -> str:
    """What waits, and then a call."""
    after = {**CALL, "ResultPath": None, "Next": "End"}
    states = {"First": {**first, "Next": "Look"}, "Look": {"Type": "Pass", "Next": "After"}, "After": after}
    return json.dumps({"StartAt": "First", "States": {**states, "End": {"Type": "Succeed"}}})


def alone(task: Ask) -> Any:
    return {"StartAt": "Ask", "States": {"Ask": {**task, "End": True}}}


def copy(journal: Path, to: Path) -> Path:
    """The journal as a kill at this moment would leave it."""
    to.mkdir()
    for file in journal.parent.glob("journal.db*"):
        shutil.copy(file, to)
    return to / journal.name


class Deaths:
    """Copies of a journal before each of its statements, with the orders whose answers were confirmed by then."""

    def __init__(self, folder: Path, interpreter: Interpreter) -> None:
        self.folder, self.journal = folder, interpreter._runner.store
        self.confirmed: set[str] = set()
        self.copies: dict[tuple[bytes, frozenset[str]], Path] = {}
        self.journal._db.set_trace_callback(self.copy)

    def copy(self, _statement: str = "") -> None:
        content = b"".join(file.read_bytes() for file in sorted(self.journal.path.parent.glob("journal.db*")))
        key = (content, frozenset(self.confirmed))
        if key not in self.copies:
            self.copies[key] = copy(self.journal.path, self.folder / f"copy{len(self.copies)}")

    def answer(self, client: Any, order: str, token: str) -> None:
        client.send_task_success(taskToken=token, output=json.dumps(f"{order} first"))
        self.confirmed.add(order)
        self.journal._run(lambda _db: self.copy())
