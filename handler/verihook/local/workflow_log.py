"""What workflows log, on the terminal: each line with the instance that it is of, and a stack with file and line.

    [7736...] INFO order-log: sums up
    ! [7736...] step 'Charge' failed: ValueError: 0 cannot be charged
        File ".../workflows/order_approval.py", line 61, in take: raise ValueError(f"{amount} cannot be charged")

The failures of functions come by telemetry, as they do in AWS.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from verihook.adapters.printable import MARGIN, line, stack, words
from verihook.local.durable import instance_of
from verihook.model.instance import parse_execution_name
from verihook.worker.current_instance import INSTANCE

_log = logging.getLogger(__name__)

#: What the SDK of durable functions logs of a step and of a handler that raised; in AWS it stands in CloudWatch.
SDK = "aws_durable_execution_sdk_python"

#: Ours and our libraries': what they say below a warning is about themselves.
_LIBRARIES = frozenset(
    ("asyncio", "boto3", "botocore", "concurrent", "s3transfer", "urllib3", "uvicorn", "verihook", SDK)
)

#: How many lines of one message are shown.
_MOST = 50

_STEP = re.compile(r"failed .* name: %s")


class WorkflowLog(logging.Handler):
    """Writes to standard output. Raises nothing: what cannot be said is not, and the workflow goes on.

    ``folder``: of the operator's code, which is heard from its own threads too.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = f"{folder}{os.sep}"

    def emit(self, record: logging.LogRecord) -> None:
        """See :class:`logging.Handler`."""
        with suppress(Exception):
            if text := said(record, self._folder):
                sys.stdout.write(text)
                sys.stdout.flush()


def said(record: logging.LogRecord, folder: str) -> str:
    """The lines of a record; "" for what is not shown.

    Below a warning that is what neither comes from a file in ``folder``, nor from a library while an instance runs.
    """
    instance = _instance_of(record)
    theirs = instance and record.name.partition(".")[0] not in _LIBRARIES
    if record.levelno < logging.WARNING and not (theirs or record.pathname.startswith(folder)):
        return ""
    first, *more = _message(record).splitlines() or [""]
    tag = f"[{instance}] " if instance else ""
    sign = "! " if record.levelno >= logging.ERROR else ""
    shown = [f"{sign}{tag}{_whose(record)}{first}", *(MARGIN + each for each in more[:_MOST])]
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        shown[0] += f": {type(error).__name__}: {words(error)}"
        shown += stack(error)
    return "".join(line(each) for each in shown)


def _instance_of(record: logging.LogRecord) -> str:
    given = getattr(record, "instance", None) or INSTANCE.get()
    arn = getattr(record, "executionArn", None)
    return given or (instance_of(arn) if isinstance(arn, str) else "")


def _whose(record: logging.LogRecord) -> str:
    """``LEVEL logger: ``; of ``context.logger``, which is the root's, the step's name. Our own lines need none."""
    if record.name.partition(".")[0] in (SDK, "verihook"):
        return ""
    name = record.name if record.name != "root" else getattr(record, "operationName", "")
    return f"{record.levelname} {name}: " if name else f"{record.levelname}: "


def _message(record: logging.LogRecord) -> str:
    if record.name.startswith(SDK) and record.exc_info:
        named = isinstance(record.args, tuple) and record.args and _STEP.search(str(record.msg))
        return f"step {record.args[-1]!r} failed" if named else "the workflow failed"  # type: ignore[index]
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # more places than values: the line is the operator's all the same
        return words(record.msg)


def say_end(detail: Mapping[str, Any]) -> None:
    """How an execution has failed. ``detail``: what the engines of this machine tell of an end."""
    status = str(detail["status"])
    if status not in ("FAILED", "TIMED_OUT"):
        return
    arn = detail.get("durableExecutionArn")
    error = detail.get("Error") or {}
    kind, cause = (error.get("ErrorType"), error.get("ErrorMessage")) if arn else (detail["error"], detail["cause"])
    instance = instance_of(arn) if arn else (parse_execution_name(detail["name"]) or ("", 1))[0]
    workflow = (
        str(detail["functionArn"] if arn else detail["stateMachineArn"]).removesuffix(":$LATEST").rpartition(":")[2]
    )
    line = ": ".join([f"{workflow} {status.lower()}", *(str(each) for each in (kind, cause) if each)])
    _log.error("%s", line, extra={"instance": instance})


def hear_steps() -> None:
    """From now on: the engine of durable functions has silenced the SDK at its start, and does so when it is closed."""
    logging.getLogger(SDK).setLevel(logging.ERROR)


@contextmanager
def workflow_log(folder: Path) -> Iterator[None]:
    """Show it meanwhile. Begin before the operator's code is loaded: its basicConfig() does nothing then, as in AWS."""
    root, handler = logging.getLogger(), WorkflowLog(folder)
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
