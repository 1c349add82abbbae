"""Rounds go on whatever one of them comes to, and the health says so if they have ended for good."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tests.flows.waiting import wait_until
from tests.unit.bare import Heard, bare_services
from verihook.local.rounds import Rounds
from verihook.model.changes import CALLBACK, Changes


class Observer:
    """Is told at the end of each round."""

    def flush(self) -> None: ...


def services(heard: Heard) -> Any:
    return bare_services(telemetry=heard, observer=Observer())


def test_a_round_that_fails_is_told_and_the_next_one_comes() -> None:
    heard, rounds_done = Heard(), []

    def work(_: Any) -> None:
        rounds_done.append(1)
        raise ValueError("not this time")

    rounds = Rounds({"reconcile": (0.001, work)}, services(heard))
    assert {} == rounds.faults()
    rounds.start()
    wait_until(lambda: len(rounds_done) > 3)
    assert {} == rounds.faults()
    rounds.close()
    assert ["reconcile"] == [where for where, _ in heard.failures]
    done = len(rounds_done)
    assert {} == rounds.faults()
    assert done == len(rounds_done)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_one_that_has_ended_is_a_fault_in_words() -> None:
    def leave(_: Any) -> None:
        raise SystemExit

    rounds = Rounds({"reconcile": (0.001, leave), "sweep": (60, print)}, services(Heard()))
    rounds.start()
    wait_until(lambda: bool(rounds.faults()))
    assert {"reconcile": "The rounds of reconcile have ended. Restart the server."} == rounds.faults()
    rounds.close()
    wait_until(lambda: "sweep" not in [thread.name for thread in threading.enumerate()])


def test_a_round_is_woken_by_what_it_waits_for() -> None:
    changes, done = Changes(), list[int]()
    rounds = Rounds(
        {"call_back": (3600, lambda _: done.append(1)), "sweep": (3600, lambda _: done.append(2))},
        bare_services(telemetry=Heard(), observer=Observer(), changes=changes),
        {"call_back": CALLBACK},
    )
    rounds.start()
    changes.tell(CALLBACK)
    wait_until(lambda: done)
    rounds.close()
    changes.tell(CALLBACK)
    assert {1} == {*done}
    # A stop need not wait for the pause either.
    assert not any(thread.name in ("call_back", "sweep") for thread in threading.enumerate())
