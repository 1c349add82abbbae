"""The cases of our own: each rule, whether or not the recorded cases are at hand."""

from __future__ import annotations

import json

import pytest

from tests.states.own import ANSWERING, CASES, Case, answering, definition, expectation, has_ended, outcome, told
from tests.states.virtual import START, Answering, start
from verihook.local.states.compiler import compile_machine
from verihook.local.states.effects import Begin, Call, End, Record, Stimulus, Tick
from verihook.local.states.machine import Machine
from verihook.local.states.positions import kept, restored
from verihook.local.states.turn import step


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case(case: Case) -> None:
    assert told(case, outcome(case)) == expectation(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_goes_on_from_what_was_kept_of_it(case: Case) -> None:
    """Before each turn the position goes through JSON and the machine is compiled again, as after a restart."""
    whole, answer = outcome(case), answering(case)
    position, now, events, agenda = start(compiled(case), case.get("input", {})), START, [], []
    stimulus: Stimulus = Begin()
    for _ in range(1000):
        position = restored(json.loads(json.dumps(kept(position))))
        for effect in step(compiled(case), position, stimulus, now):
            if isinstance(effect, Record) and not effect.log:
                events.append(effect.event)
            elif isinstance(effect, Call) and (answered := answer(effect)) is not None:
                agenda.append((now + answered[0], len(events), answered[1](effect.call)))
            elif isinstance(effect, End):
                assert (effect, events) == (whole.end, whole.events)
                return
        agenda.sort(key=lambda entry: entry[:2])
        due = position.due()
        if agenda and (due is None or agenda[0][0] < due):
            now, _, stimulus = agenda.pop(0)
        else:
            assert due is not None, "the execution waits for nothing"
            now, stimulus = max(now, due), Tick()
    raise AssertionError("no end")


@pytest.mark.parametrize("answering", ANSWERING)
@pytest.mark.parametrize("given", [{}, {"a": [1]}, [1]], ids=repr)
def test_whatever_comes_in_and_answers_the_end_comes(given: object, answering: Answering) -> None:
    assert [] == [case["id"] for case in CASES if not has_ended(compiled(case), given, answering)]


def compiled(case: Case) -> Machine:
    return compile_machine(definition(case), express=case.get("express", False))


def test_names_of_cases_are_unique() -> None:
    names = [case["id"] for case in CASES]
    assert len(set(names)) == len(names)
