"""Step Functions on one machine: moto's ASL interpreter behind our own loopback endpoint and journal.

    interpreter.py   Interpreter: the public face
    endpoint.py      HTTP/1.1 on loopback, AWS JSON 1.0 in and out
    functions.py     the Lambda functions and S3 objects that tasks call
    operations.py    the API's operations (StartExecution, RedriveExecution ...), tasks.py those on task tokens
    machines.py      the state machines
    validation.py    what AWS checks in a request, and AWS's error shape
    definition.py    checks a state machine and compiles it
    executions.py    runs executions, one thread each, and writes their ends
    environment.py   what moto runs one in, and what became of it
    marks.py         where an execution stands, for a crash or a redrive; waits.py the tokens it gave out since
    journal.py       the SQLite file that survives a kill -9
    unsaved.py       writes what the journal could not take, on a full disk, once there is room
    mends.py         what has to be mended in moto, the only file that patches it but for
    task_clients.py  the clients that tasks call AWS with: our own endpoint
    moto_parts.py    what of moto is replaced, as it was in the release that was tried
    jsonata.py       evaluates JSONata for mends.py, intrinsics.py the States.* functions

Importing this package is cheap: moto is imported when the first Interpreter starts.
"""

from __future__ import annotations

from verihook.local.interpreter.arns import ACCOUNT, ARN_PREFIX, REGION
from verihook.local.interpreter.interpreter import Interpreter

__all__ = ["ACCOUNT", "ARN_PREFIX", "REGION", "Interpreter"]
