"""Lambda functions of state machines on one machine: where they are found, and what they get and give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from verihook.local import lambda_functions
from verihook.local.lambda_functions import LambdaFunctions, is_there
from verihook.local.runner.integrations import Integrations
from verihook.local.states.effects import Call, Failed, Succeeded
from verihook.local.states.resources import check_resource
from verihook.worker.current_instance import INSTANCE


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written = {
        "workflows/charge_card.py": "def lambda_handler(event, context):\n    return [event, context.function_name]\n",
        "workflows/job.py": "def run(event, context): ...\n",
        "workflows/broken.py": "import gone_entirely\ndef lambda_handler(event, context): ...\n",
        "workflows/wrong.py": "def lambda_handler(event, context:\n",
        "billing/app.py": (
            "import sys\nfrom billing.prices import TAX\n"
            "def total(event, context):\n"
            "    assert 890_000 < context.get_remaining_time_in_millis() <= 900_000\n"
            "    return event['price'] * TAX\n"
            "def leave(event, context):\n    sys.exit(3)\n"
            "def fail(event, context):\n    raise LookupError('no such order')\n"
        ),
        "billing/prices.py": "TAX = 2\n",
    }
    for name, text in written.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("charge-card", True),
        ("charge_card", True),
        ("broken", True),  # a file is not run to see what it has
        ("billing.app.total", True),
        ("billing.app.TAX", True),  # nor what it is
        ("billing.app.none", False),
        ("job", False),
        ("wrong", False),
        ("gone", False),
        ("../workflows/charge_card", False),
        ("os.path.join", False),
        ("", False),
    ],
)
def test_a_function_is_found_by_its_name_or_by_what_a_template_says_as_handler(
    folder: Path, name: str, there: bool
) -> None:
    assert is_there(folder, name) is there


def invoked(folder: Path, name: str, event: Any, *, named: bool = True) -> Any:
    functions = LambdaFunctions(folder, {"ours": lambda event: "ours"})
    functions.name([name] if named else [])
    resource = check_resource("arn:aws:states:::lambda:invoke", express=False)
    call = Call("1.1", resource, {"FunctionName": name, "Payload": event})
    arns = ("arn:aws:states:us-east-1:1:stateMachine:m", "arn:aws:states:us-east-1:1:execution:m:order-7")
    made = Integrations(functions).make(call, arns)
    if isinstance(made, Failed):
        return made.error, made.cause
    assert isinstance(made, Succeeded)
    return made.output["Payload"]


def test_it_gets_the_event_and_a_context_and_imports_what_is_beside_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.path", ["/nowhere"])
    assert invoked(folder, "charge-card", {"a": 1}) == [{"a": 1}, "charge-card"]
    assert invoked(folder, "billing.app.total", {"price": 4}) == 8
    assert invoked(folder, "ours", {}) == "ours"


def test_whatever_goes_wrong_is_the_tasks_error_and_it_is_answered(folder: Path) -> None:
    assert "no such order" in invoked(folder, "billing.app.fail", {})[1]
    assert invoked(folder, "billing.app.fail", {})[0] == "LookupError"
    assert invoked(folder, "billing.app.leave", {})[0] == "Runtime.ExitError"
    error, cause = invoked(folder, "broken", {})
    assert (error, "No module named 'gone_entirely'" in cause) == ("Runtime.ImportModuleError", True)


def test_one_that_does_not_return_is_given_up_as_lambda_does(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lambda_functions, "LONGEST_S", 0.1)
    (folder / "workflows" / "hang.py").write_text(
        "from threading import Event\ndef lambda_handler(event, context):\n    Event().wait(2)\n"
    )
    error, cause = invoked(folder, "hang", {})
    assert (error, "Task timed out after 0.10 seconds" in cause) == ("Sandbox.Timedout", True)


def test_it_runs_for_the_instance(folder: Path) -> None:
    text = (
        "from verihook.worker.current_instance import INSTANCE\n"
        "def lambda_handler(event, context):\n    return INSTANCE.get()\n"
    )
    (folder / "workflows" / "whose.py").write_text(text)
    assert invoked(folder, "whose", {}) == "order-7"
    assert INSTANCE.get() == ""


def test_a_name_that_no_machine_has_finds_none_though_there_is_its_file(folder: Path) -> None:
    assert invoked(folder, "charge-card", {}, named=False)[0] == "Lambda.ResourceNotFoundException"
