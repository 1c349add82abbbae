"""What every upgrade does: it shows a plan, asks, does one step after the other, and says what it left."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field

import pytest

from verihook import cli
from verihook.cli.upgrade.steps import Left, Plan, Step, StepFailed, carry_out, plan_lines


@dataclass
class Lacking:
    """Something that lacks parts; a step adds one, unless it is of those that are ``stubborn``."""

    lacks: list[str] = field(default_factory=lambda: ["a", "b"])
    stubborn: tuple[str, ...] = ()
    left: list[Left] = field(default_factory=list)

    def plan(self) -> Plan:
        return Plan([self.step(name) for name in self.lacks], self.left, ["deploy"] if self.lacks else [])

    def step(self, name: str) -> Step:
        def run() -> None:
            if name not in self.stubborn:
                self.lacks.remove(name)

        return Step(name, f"add {name}", "a minute", "nothing", f"there is no {name}", ("x:Add",), run)


def test_the_steps_are_done_in_their_order_and_counted() -> None:
    lacking, begun = Lacking(), list[tuple[int, int, str]]()
    last = carry_out(lacking, lacking.plan(), lambda number, count, step: begun.append((number, count, step.name)))
    assert begun == [(1, 2, "a"), (2, 2, "b")]
    assert last == Plan()


def test_a_step_that_changes_nothing_is_not_done_for_ever() -> None:
    lacking = Lacking(stubborn=("b",))
    with pytest.raises(StepFailed, match="b was done and still has to be"):
        carry_out(lacking, lacking.plan(), lambda *_: None)
    assert lacking.lacks == ["b"]


def test_a_step_that_comes_up_later_was_not_agreed_to() -> None:
    lacking = Lacking()
    plan = lacking.plan()
    lacking.lacks.insert(1, "c")
    with pytest.raises(StepFailed, match="now c has to be done as well: run this again"):
        carry_out(lacking, plan, lambda *_: None)
    assert lacking.lacks == ["c", "b"]


def test_a_plan_says_of_each_step_what_an_operator_asks() -> None:
    left = [Left("an index too much", "a flag", needed=False), Left("a wrong key", "by hand", needed=True)]
    lines = list(plan_lines(Lacking(["a"], left=left).plan()))
    assert lines == [
        "1. add a",
        "   takes: a minute",
        "   costs: nothing",
        "   meanwhile: there is no a",
        "Left as it is: an index too much",
        "   a flag",
        "Not done: a wrong key",
        "   by hand",
        "Afterwards: deploy",
    ]


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> Lacking:
    made = Lacking()
    monkeypatch.setattr("verihook.cli.upgrade._target", lambda _: made)
    return made


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(*options: str) -> int:
    return cli.main(["upgrade", "--table", "t", *options])


def test_a_plan_changes_nothing(lacking: Lacking, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--plan") == 0
    assert "2. add b" in capsys.readouterr().out
    assert lacking.lacks == ["a", "b"]


@pytest.mark.parametrize(("answer", "left", "code"), [("y\n", [], 0), ("\n", ["a", "b"], 1), ("no\n", ["a", "b"], 1)])
def test_it_asks_before_it_changes_anything(
    lacking: Lacking, monkeypatch: pytest.MonkeyPatch, answer: str, left: list[str], code: int
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert run() == code
    assert lacking.lacks == left


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_if_no_person_can_be_asked_nothing_is_changed(
    lacking: Lacking, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], options: tuple[str, ...]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert run(*options) == 2
    assert "give --yes to do the steps, or --plan" in capsys.readouterr().err
    assert lacking.lacks == ["a", "b"]


def test_programs_read_what_was_done_and_what_is_left(lacking: Lacking, capsys: pytest.CaptureFixture[str]) -> None:
    lacking.left = [Left("a wrong key", "by hand", needed=True)]
    assert run("--yes", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert [step["name"] for step in told["done"]] == ["a", "b"]
    assert told["afterwards"] == ["deploy"]
    assert told["steps"] == []
    assert told["left"] == [{"what": "a wrong key", "mend": "by hand", "needed": True}]
    assert run("--plan", "--json") == 0
    assert json.loads(capsys.readouterr().out)["done"] == []


def test_what_is_up_to_date_is_said_to_be(lacking: Lacking, capsys: pytest.CaptureFixture[str]) -> None:
    lacking.lacks = []
    assert run() == 0
    assert capsys.readouterr().out == "Nothing is left to do.\n"


def test_a_step_that_fails_and_ctrl_c_end_it_in_words(
    lacking: Lacking, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lacking.stubborn = ("a",)
    assert run("--yes") == 1
    assert capsys.readouterr().err.splitlines()[-1].startswith("verihook: a was done and still has to be")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("verihook.cli.upgrade.carry_out", interrupted)
    assert run("--yes") == 130
    assert "Run the same again to go on" in capsys.readouterr().err
