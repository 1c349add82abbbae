"""Step Functions on one machine: turns of :mod:`verihook.local.states`, kept in one SQLite file.

    interpreter.py   Interpreter: the public face
    door/            the operations of Step Functions' API: for the engine in this process, and for AWS's clients
    runner.py        Runner: starts, answers, stops, redrives; each turn is one transaction, and its calls follow it
    written.py       what the store keeps of a turn
    store.py         the file: where each execution stands, the calls that it made, its history, its end
    rows.py          what is kept of an execution
    kept.py          what began with a definition that this version refuses
    refusals.py      why a machine cannot run here
    former.py        what a file of an earlier version holds
    deadlines.py     one thread that wakes executions when their time has come
    pool.py          a bounded number of threads for calls, with fair turns for every machine
    integrations.py  what a Task calls: functions of this process, payloads, services of AWS
    http_tasks.py    HTTP Tasks through the connections of hooks.toml; http_request.py what they send,
                     http_answer.py what becomes of the answer
    aws_services.py  services of AWS at an endpoint: optimized.py and sdk_names.py have the names of both kinds of
                     integrations, shapes.py parameters and answers, service_errors.py errors
    activities.py    tasks that a worker takes
    children.py      executions that a Task starts
    express.py       Express executions, which are kept nowhere
    failures.py      says in the log which state has failed; unsaved.py what a full disk holds up

Nothing waits in a thread but calls: an execution that waits is a row, and a deadline in a heap.
"""

from __future__ import annotations

from verihook.local.runner.arns import ACCOUNT, ARN_PREFIX, REGION, function_arn
from verihook.local.runner.aws_services import AwsServices
from verihook.local.runner.http_tasks import HttpTasks
from verihook.local.runner.integrations import Integrations
from verihook.local.runner.interpreter import Interpreter
from verihook.local.runner.refusals import Refusal, invoked, refusals_of, warnings_in

__all__ = [
    "ACCOUNT",
    "ARN_PREFIX",
    "REGION",
    "AwsServices",
    "HttpTasks",
    "Integrations",
    "Interpreter",
    "Refusal",
    "function_arn",
    "invoked",
    "refusals_of",
    "warnings_in",
]
