"""What the adapter of an engine is made of, the same in AWS and on one machine.

The module of each engine has ``SERVICE``, the AWS service that the engine asks ("" if it needs only the ledger), and
``make(parts)``. The table of them is :data:`verihook.config.workflows.ENGINES`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from verihook.model.ports import Clock, Ledger
from verihook.model.workflow import Workflow


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The engines in this process: clients of boto3's names for state machines, with the ARN prefix of these, and for
    durable functions, what wakes the worker and what the splitter (``split``), and the key id of clients by HTTP.
    """  # noqa: D205  # one list

    stepfunctions: Any
    machines: str
    durable: Any
    wake: Callable[[str, str], None]
    split: Callable[[str, str], None]
    access_key: str


@dataclass(frozen=True, slots=True)
class EngineParts:
    """``client``: makes a client of an AWS service. ``patient``: makes a client that waits for an execution to end, and
    that is made when it is first used. ``machine_prefix`` and ``function_prefix``: what the names of state machines and
    of durable functions begin with; ``alias``: of the durable functions. ``wake(name, definition)``: let a worker run
    this attempt; ``split(name, definition)``: let a splitter split this attempt of a delivery.
    """  # noqa: D205  # one list

    client: Callable[[str], Any]
    patient: Callable[[str], Any]
    machine_prefix: str
    ledger: Ledger
    clock: Clock
    wake: Callable[[str, str], None]
    split: Callable[[str, str], None]
    workflows: Mapping[str, Workflow]
    function_prefix: str = ""
    #: Lambda's name for what was deployed last.
    alias: str = "$LATEST"
