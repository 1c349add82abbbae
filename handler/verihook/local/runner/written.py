"""What the store keeps of a turn."""

from __future__ import annotations

import json
from typing import Any

from verihook.local.runner.rows import Written, packed
from verihook.local.states.effects import (
    Call,
    Effect,
    Failed,
    Forget,
    MapRun,
    Record,
    Stimulus,
    Submitted,
    Succeeded,
)  # fmt: skip
from verihook.local.states.positions import Position, kept
from verihook.local.states.resources import check_resource


def written(position: Position, effects: list[Effect], stimulus: Stimulus, now: float) -> Written:
    """Return what is kept of a turn: the position after it, its effects, and what its stimulus has answered."""
    turn = Written(kept(position), position.due(), [], now=now)
    for effect in effects:
        if isinstance(effect, Record):
            turn.events += [] if effect.log else [effect.event]
        elif isinstance(effect, Call):
            turn.calls[effect.call] = (effect.token, packed(_kept_call(effect)))
        elif isinstance(effect, Forget):
            turn.answered.append(effect.call)
        elif isinstance(effect, MapRun):
            turn.map_runs.append(effect)
        else:
            # In ASCII: half a character of a sender's has no UTF-8, and SQLite takes nothing else.
            output = json.dumps(effect.output, separators=(",", ":")) if effect.status == "SUCCEEDED" else None
            turn.end = (effect.status, int(now * 1000), output, _words(effect.error), _words(effect.cause))
    if isinstance(stimulus, Succeeded | Failed):
        turn.answered.append(stimulus.call)
    elif isinstance(stimulus, Submitted):
        turn.taken = stimulus.call
    return turn


def _words(text: str | None) -> str | None:
    """A text of which UTF-8 can be made."""
    return text and text.encode("utf-8", "backslashreplace").decode()


def _kept_call(call: Call) -> dict[str, Any]:
    return {
        "call": call.call, "arn": call.resource.arn, "arguments": call.arguments, "token": call.token,
        "credentials": call.credentials, "timeout": call.timeout,
    }  # fmt: skip


def call_again(made: dict[str, Any]) -> Call:
    """Return a call that was kept, to be made again."""
    resource = check_resource(made["arn"], express=False)
    return Call(made["call"], resource, made["arguments"], made["token"], made["credentials"], made["timeout"])
