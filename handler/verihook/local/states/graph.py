"""Checks how states lead to each other: targets exist, each state is one, one of them ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from verihook.local.states.findings import Findings
from verihook.local.states.machine import Flow, State

_MISSING = "MISSING_TRANSITION_TARGET"


def check_graph(flow: Flow, findings: Findings, location: str) -> None:
    """Add what is wrong with the transitions of one flow.

    AWS says Next of every field. A state is not reachable to it if no other names it, which it says if some state ends.
    """
    if flow.start not in flow.states:
        findings.add(f"Missing 'Next' target: {flow.start}", f"{location}/StartAt", _MISSING)
    for name, state in flow.states.items():
        for target, field in _targets(state):
            if target not in flow.states:
                findings.add(f"Missing 'Next' target: {target}", f"{location}/States/{name}/{field}", _MISSING)
    if not any(_ends(state) for state in flow.states.values()):
        findings.add("Workflow has no terminal state", "", "MISSING_END_STATE")
        return
    reached = {flow.start, *(target for state in flow.states.values() for target, _ in _targets(state))}
    for name in flow.states:
        if name not in reached:
            findings.add(f'State "{name}" is not reachable.', f"{location}/States/{name}", _MISSING)


def _targets(state: State) -> Iterator[tuple[str, str]]:
    if state.next is not None:
        yield state.next, "Next"
    for number, choice in enumerate(state.choices):
        yield choice.next, f"Choices[{number}]/Next"
    if state.default is not None:
        yield state.default, "Default"
    for number, catcher in enumerate(state.catchers):
        yield catcher.next, f"Catch[{number}]/Next"


def _ends(state: State) -> bool:
    return state.kind in {"Succeed", "Fail"} or state.ends


def repeated_names(flow: Flow) -> list[str]:
    """Return the names that more than one state of the whole machine has."""
    counted = Counter(_names(flow))
    return [name for name, times in counted.items() if times > 1]


def _names(flow: Flow) -> Iterator[str]:
    for name, state in flow.states.items():
        yield name
        for inner in state.flows:
            yield from _names(inner)
