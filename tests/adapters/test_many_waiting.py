"""10,000 executions that wait: rows, and neither threads nor much memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from verihook.local.pool import MAX_THREADS

MANY = 10_000

PROGRAM = """
import json, sys, threading, time
from pathlib import Path
from verihook.local.runner import ARN_PREFIX, Interpreter

folder, many = Path(sys.argv[1]), int(sys.argv[2])
machine = {"StartAt": "Rest", "States": {"Rest": {"Type": "Wait", "Seconds": 86400, "End": True}}}


def mb():
    return int(Path("/proc/self/status").read_text().partition("VmRSS:")[2].split()[0]) / 1024


with Interpreter(folder / "executions.db") as interpreter:
    # What a power cut would lose is of no interest here.
    interpreter._runner.store._db.execute("PRAGMA synchronous = OFF")
    interpreter.deploy({"rest": json.dumps(machine)})
    client = interpreter.client
    start = lambda name: client.start_execution(stateMachineArn=f"{ARN_PREFIX}rest", name=name, input='{"a": 1}')
    start("first")
    time.sleep(1)
    before = mb(), threading.active_count()
    for number in range(many):
        start(f"n{number}")
    time.sleep(1)
    after = mb(), threading.active_count()
    running = 0
    token = {}
    while True:
        asked = {"stateMachineArn": f"{ARN_PREFIX}rest", "statusFilter": "RUNNING", "maxResults": 1000}
        page = client.list_executions(**asked, **token)
        running += len(page["executions"])
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
print(json.dumps([after[0] - before[0], after[1] - before[1], running]))
"""


@pytest.mark.in_turn
def test_what_waits_is_a_row(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), str(MANY)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    megabytes, threads, running = json.loads(done.stdout)
    assert running == MANY + 1
    assert megabytes < 100
    # The pool of calls starts its threads as they are needed, and keeps them.
    assert threads <= MAX_THREADS
