"""The ports that each kind of operation needs: a function's signature names such a set in place of all services.

:class:`~verihook.model.ports.Services` has them all. Import them under ``TYPE_CHECKING``: no cold start pays for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from verihook.model.connection import Connection
from verihook.model.draining import Draining
from verihook.model.overdue import Late
from verihook.model.policy import Policy
from verihook.model.ports.caller import Caller
from verihook.model.ports.clock import Clock, Pace
from verihook.model.ports.documents import Documents
from verihook.model.ports.engine import Engine
from verihook.model.ports.entries import Entries
from verihook.model.ports.ledger import Ledger
from verihook.model.ports.payloads import Payloads
from verihook.model.ports.telemetry import Observer, Telemetry
from verihook.model.recent_payloads import RecentPayloads
from verihook.model.source import Source
from verihook.model.workflow import Workflow
from verihook.senders.handshake import BoundHandshake
from verihook.senders.schemes import Verify


class RowPorts(Protocol):
    """Reads and writes the rows of instances."""

    @property
    def ledger(self) -> Ledger:
        """Has the rows."""
        ...

    @property
    def clock(self) -> Clock:
        """Says which rows have expired, and when one is written."""
        ...


class DocumentPorts(RowPorts, Protocol):
    """Reads the row of an instance, and what is kept beside it: former attempts, a mailbox."""

    @property
    def documents(self) -> Documents:
        """Has former attempts, mailboxes, idempotency keys and buckets of tokens."""
        ...


class ReadPorts(RowPorts, Protocol):
    """Reads an instance, and asks its engine."""

    @property
    def workflows(self) -> Mapping[str, Workflow]:
        """By name."""
        ...

    @property
    def engines(self) -> Mapping[str, Engine]:
        """By name, as a workflow says it."""
        ...


class EventPorts(ReadPorts, DocumentPorts, Protocol):
    """Brings events to the executions that wait for them."""

    @property
    def telemetry(self) -> Telemetry:
        """Gets the failures that no answer reports."""
        ...


class RecordPorts(EventPorts, Protocol):
    """Writes what an engine says of an attempt, and starts the instance whose turn comes at its end."""

    @property
    def payloads(self) -> Payloads:
        """Has the inputs and outputs that are too large for a row."""
        ...

    @property
    def pace(self) -> Pace:
        """Says when reconcile looks at the instance again."""
        ...


class ControlPorts(RecordPorts, Protocol):
    """Starts, stops, suspends and purges an instance."""


class SubmitPorts(ControlPorts, Protocol):
    """Starts an instance as a caller of the API wants it."""

    @property
    def caller(self) -> Caller:
        """Says which URLs can be called back."""
        ...

    @property
    def policy(self) -> Policy:
        """Says how long an idempotency key is kept."""
        ...


class LimitPorts(Protocol):
    """Counts the starts of a minute."""

    @property
    def documents(self) -> Documents:
        """Has the buckets of tokens."""
        ...

    @property
    def clock(self) -> Clock:
        """Says how much has come back."""
        ...

    @property
    def telemetry(self) -> Telemetry:
        """Gets a ledger that cannot count."""
        ...

    @property
    def policy(self) -> Policy:
        """Says whether a start passes if the ledger cannot count."""
        ...


class TaskPorts(EventPorts, Protocol):
    """Answers what a state machine asks by a Task."""

    @property
    def payloads(self) -> Payloads:
        """Has the inputs that are too large for a state."""
        ...

    @property
    def connections(self) -> Mapping[str, Connection]:
        """By name."""
        ...


class CallbackPorts(Protocol):
    """Posts the end of an instance to the URL that its start gave."""

    @property
    def caller(self) -> Caller:
        """Posts."""
        ...

    @property
    def instance_key(self) -> bytes:
        """What the key of the signature is derived from."""
        ...

    @property
    def payloads(self) -> Payloads:
        """Has a large output."""
        ...

    @property
    def clock(self) -> Clock:
        """Says the time that is signed, and when the next try is due."""
        ...

    @property
    def telemetry(self) -> Telemetry:
        """Gets what was given up."""
        ...


class ReconcilePorts(ControlPorts, CallbackPorts, Protocol):
    """Repairs what is due, and calls back."""

    @property
    def late(self) -> Late:
        """What was due and has not happened."""

    @property
    def draining(self) -> Draining:
        """The workflows that are active, and of which events may still be held."""
        ...


class WorkPorts(RecordPorts, Protocol):
    """Runs functions ourselves."""


class OutcomePorts(Protocol):
    """Reports what became of a delivery."""

    @property
    def clock(self) -> Clock:
        """Says how long the delivery took."""
        ...

    @property
    def observer(self) -> Observer:
        """Counts refusals, changed bodies, replays and previous secrets."""
        ...

    @property
    def telemetry(self) -> Telemetry:
        """Gets every delivery, for log and metric."""
        ...


class IntakePorts(ControlPorts, LimitPorts, Protocol):
    """Starts an instance for an event that is proven genuine."""

    @property
    def draining(self) -> Draining:
        """The workflows that are active, and of which events may still be held."""
        ...

    @property
    def instance_key(self) -> bytes:
        """What the id of an event's instance is derived with."""
        ...

    @property
    def recent_payloads(self) -> RecentPayloads:
        """Remembers the payloads that a redelivery need not put again."""
        ...

    @property
    def entries(self) -> Entries:
        """Runs the entries of sources."""
        ...


class ReceivePorts(IntakePorts, OutcomePorts, Protocol):
    """Answers what senders and readers of a status send over HTTP."""

    @property
    def sources(self) -> Mapping[str, Source]:
        """By name."""
        ...

    @property
    def default_source(self) -> str | None:
        """The name of the source at ``/``."""
        ...

    @property
    def verify(self) -> Mapping[str, Verify]:
        """The check of each source, by the source's name."""
        ...

    @property
    def handshakes(self) -> Mapping[str, BoundHandshake]:
        """By the name of the source; only of those whose sender has one."""
        ...

    @property
    def routes(self) -> Mapping[str, str]:
        """Host and path of a public URL -> the name of its source."""
        ...


class DeliveryPorts(DocumentPorts, Protocol):
    """Finds a delivery again."""


class LookupPorts(DeliveryPorts, Protocol):
    """Lists deliveries, and finds them by the ids of their events."""

    @property
    def sources(self) -> Mapping[str, Source]:
        """By name."""
        ...

    @property
    def instance_key(self) -> bytes:
        """What the id of an event's instance is derived with."""
        ...


class ForgetPorts(LookupPorts, ControlPorts, Protocol):
    """Deletes what is kept of an event."""


class MessagePorts(IntakePorts, OutcomePorts, Protocol):
    """Takes the messages of queues, topics and buses."""

    @property
    def sources(self) -> Mapping[str, Source]:
        """By name."""
        ...


class SplitPorts(MessagePorts, WorkPorts, Protocol):
    """Starts the events of a delivery that carries several."""


class FeedPorts(MessagePorts, TaskPorts, Protocol):
    """Answers an invocation of the function ``Feeds``."""
