"""What a file of an earlier version holds: executions of the interpreter that this runner has replaced.

What has ended keeps its status, input, output and history, and can be redriven. What had not ended goes on in the state
in which it stood, with that state's input and variables: a Task is called again, with its task token unless it is
inside a Map or a Parallel, a Wait takes its whole time, a Map or a Parallel begins again. An answer to a token that was
kept and not used yet is used. An execution whose machine is not deployed waits until it is.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from verihook.local.runner.arns import ARN_PREFIX, ROLE, execution_arn
from verihook.local.runner.rows import Key, Written
from verihook.local.runner.written import written
from verihook.local.states.effects import Begin, Call, Effect, Failed, Redrive, Stimulus, Succeeded, Tick
from verihook.local.states.machine import Machine
from verihook.local.states.positions import Frame, Position
from verihook.local.states.timestamps import written as timestamp
from verihook.local.states.turn import position_at_start, step
from verihook.records import replace
from verihook.strict_json import parse, parse_kept

if TYPE_CHECKING:
    from verihook.local.runner.rows import Entry
    from verihook.local.runner.store import Store

#: What the versions before lack, by their number, and what is put into the tables of this one. {schema}: those.
_GROW = {
    1: """
ALTER TABLE executions ADD COLUMN mark TEXT;
ALTER TABLE executions ADD COLUMN redrives INTEGER NOT NULL DEFAULT 0;
ALTER TABLE executions ADD COLUMN redriven_at INTEGER;
""",
    2: "ALTER TABLE executions ADD COLUMN redriven_by TEXT;",
    3: "",
    4: "",
}
_CONVERT = """
CREATE TABLE IF NOT EXISTS chapters (machine TEXT, name TEXT, number INTEGER, history BLOB);
CREATE TABLE IF NOT EXISTS waits (number INTEGER PRIMARY KEY, token TEXT, machine TEXT, name TEXT, place TEXT,
    answer TEXT);
DROP INDEX IF EXISTS running;
DROP INDEX IF EXISTS by_start;
ALTER TABLE executions RENAME TO former_executions;
ALTER TABLE chapters RENAME TO former_chapters;
ALTER TABLE waits RENAME TO former_waits;
{schema}
INSERT INTO executions (machine, name, definition, input, started_at, status, stopped_at, output, error, cause,
    redrives, redriven_at, redriven_by)
    SELECT machine, name, 0, input, started_at, status, stopped_at, output, error, cause, redrives, redriven_at,
    redriven_by FROM former_executions;
INSERT INTO chapters SELECT machine, name, number, history FROM former_chapters;
INSERT INTO chapters SELECT machine, name, COALESCE((SELECT MAX(number) FROM former_chapters AS chapter
    WHERE chapter.machine = ended.machine AND chapter.name = ended.name), 0) + 1, history
    FROM former_executions AS ended WHERE history IS NOT NULL;
CREATE TABLE former_marks (machine TEXT NOT NULL, name TEXT NOT NULL, mark TEXT, PRIMARY KEY (machine, name));
INSERT INTO former_marks SELECT machine, name, mark FROM former_executions WHERE status <> 'SUCCEEDED';
DROP TABLE former_executions;
DROP TABLE former_chapters;
"""


def convert(db: sqlite3.Connection, schema: str) -> None:
    """Put what the tables of an earlier version hold into those of the ``schema``, all of it or nothing."""
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version in _GROW:
        grow = " ".join(step for number, step in _GROW.items() if number >= version)
        db.executescript(f"BEGIN IMMEDIATE; {grow} {_CONVERT.format(schema=schema)} COMMIT;")


def adopt(
    store: Store, deployed: Mapping[str, int], compiled: Mapping[int, Machine], clock: Callable[[], float]
) -> list[Key]:
    """Give the executions of earlier versions whose machines are deployed a position; return those that have ended."""
    ended = []
    for key, mark in store.former_marks():
        entry, number = store.get(key), deployed.get(key[0])
        if entry is None or number is None:
            continue
        machine, now = compiled[number], clock()
        position = _standing(entry, mark, machine, store.history(key))
        if entry.status != "RUNNING":
            store.adopt(key, number, written(position, [], Tick(), now))
            continue
        effects, stimulus = _gone_on(position, machine, store.former_waits(key), now)
        turn = written(position, effects, stimulus, now)
        for call in turn.answered:
            turn.calls.pop(call, None)
        store.adopt(key, number, turn)
        ended += [key] if turn.end is not None else []
    return ended


def stop(store: Store, key: Key, error: str | None, cause: str | None, now: float) -> bool:
    """End one that waits for its machine; return False for any other."""
    if key not in {marked for marked, _ in store.former_marks()}:
        return False
    turn = Written({}, None, [], end=("ABORTED", int(now * 1000), None, error, cause))
    return store.adopt(key, 0, turn)


def _standing(entry: Entry, mark: str | None, machine: Machine, events: list[dict[str, Any]]) -> Position:
    """Return its position, as of one that has ended; before its beginning if it has no history."""
    execution = {"Id": execution_arn(*entry.key), "Name": entry.name, "RoleArn": ROLE}
    names = {"Id": ARN_PREFIX + entry.machine, "Name": entry.machine}
    began, given = entry.started_at / 1000, parse(entry.input)
    position = position_at_start(machine, execution, names, given, secrets.token_hex(16), began)
    if not events:
        return position
    state, value, variables = parse_kept(mark, "The mark of an execution", list) if mark else ("", given, {})
    if state not in machine.flow.states:  # the machine has been changed
        state, value, variables = machine.flow.start, given, {}
    position.left = {"state": state, "input": value, "variables": variables}
    noted = sum(event["type"] == "ExecutionRedriven" for event in events)
    log = position.logs[""]
    log.events, log.execution["RedriveCount"] = events[-1]["id"], noted
    if noted:
        log.execution["RedriveTime"] = timestamp((entry.redriven_at or entry.started_at) / 1000)
        position.timeout = None if machine.timeout is None else (entry.redriven_at or 0) / 1000 + machine.timeout
    # A redrive of which the history does not know yet is made now.
    position.status = "RUNNING" if entry.status == "RUNNING" and noted == entry.redrives else "FAILED"
    return position


def _gone_on(
    position: Position, machine: Machine, waits: list[tuple[str, str, str | None]], now: float
) -> tuple[list[Effect], Stimulus]:
    """Let a running one go on; return the effects, and what was said to it last."""
    left = position.left
    if left is None:
        return step(machine, position, Begin(), now), Begin()
    if position.status != "RUNNING":
        effects = step(machine, position, Redrive(), now)
    else:
        position.left = None
        number = position.logs[""].events
        frame = Frame(1, None, 0, [], "", left["state"], left["input"], left["variables"], previous=number)
        position.frames, position.frames_made, position.ready = {1: frame}, 1, [1]
        effects = step(machine, position, Tick(), now)
    mine = [(token, answer) for place, token, answer in waits if place == json.dumps([left["state"]])]
    made = next((effect for effect in effects if isinstance(effect, Call) and effect.token), None)
    root = position.frames.get(1)
    if made is None or root is None or root.call != made.call or not mine:
        return effects, Tick()
    token, answer = next((each for each in mine if each[1] is None), mine[0])
    if answer is None:
        given = parse(json.dumps(made.arguments).replace(str(made.token), token))
        root.token = token
        return [replace(made, token=token, arguments=given) if each is made else each for each in effects], Tick()
    said = _answer(made.call, answer)
    return [*effects, *step(machine, position, said, now)], said


def _answer(call: str, answer: str) -> Stimulus:
    kept = parse(answer)
    if "output" in kept:
        return Succeeded(call, parse(kept["output"]))
    return Failed(call, kept.get("error"), kept.get("cause"))
