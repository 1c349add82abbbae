"""Everything that the core works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verihook.model.changes import Changes
from verihook.model.connection import Connection
from verihook.model.draining import Draining
from verihook.model.measures import Series
from verihook.model.overdue import Late
from verihook.model.policy import Policy
from verihook.model.ports.caller import Caller
from verihook.model.ports.clock import Clock, Pace
from verihook.model.ports.documents import Documents
from verihook.model.ports.engine import Engine
from verihook.model.ports.entries import Entries, NoEntries
from verihook.model.ports.ledger import Ledger
from verihook.model.ports.payloads import Payloads
from verihook.model.ports.secrets import Secrets
from verihook.model.ports.telemetry import Observer, Telemetry
from verihook.model.recent_payloads import RecentPayloads
from verihook.model.source import Source
from verihook.model.workflow import Workflow
from verihook.senders.handshake import BoundHandshake
from verihook.senders.schemes import Verify

if TYPE_CHECKING:
    from verihook.model.front import FrontRules


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the core works with, put together once by bootstrap.

    ``verify`` maps a source's name to its check, compiled with its secrets; ``handshakes`` has those of the sources
    whose sender has one. From ``instance_key`` come the ids of instances and the secret that signs callbacks; it is
    empty if the entry point makes neither, and both refuse an empty key. ``secrets``: for the connections; None if the
    entry point needs none. ``without_secret()`` returns the names of the sources whose deliveries cannot be verified
    just now; it reads their secrets again no more often than deliveries do. ``recent_payloads``: those that a
    redelivery need not put again.
    ``draining``: the active workflows of which events may still be held. ``entries``: where the entries of sources run.
    ``routes``: host and path of a public URL -> the source's name. ``front``: what is believed of a request's arrival.
    ``changes``: wakes who waits for a row, if this process is the one that writes it; None in AWS.
    ``late``: what reconcile has found overdue. ``series()``: what one machine has counted since
    its data folder was made, kept before it is returned; nothing in AWS, where CloudWatch counts.
    ``configuration``: the SHA-256 of hooks.toml.
    """

    sources: Mapping[str, Source]
    default_source: str | None
    workflows: Mapping[str, Workflow]
    verify: Mapping[str, Verify]
    ledger: Ledger
    documents: Documents
    engines: Mapping[str, Engine]
    payloads: Payloads
    caller: Caller
    clock: Clock
    telemetry: Telemetry
    observer: Observer
    instance_key: bytes
    pace: Pace
    policy: Policy = field(default_factory=Policy)
    connections: Mapping[str, Connection] = field(default_factory=dict)
    secrets: Secrets | None = None
    handshakes: Mapping[str, BoundHandshake] = field(default_factory=dict)
    without_secret: Callable[[], Sequence[str]] = tuple
    recent_payloads: RecentPayloads = field(default_factory=RecentPayloads)
    draining: Draining = field(default_factory=Draining)
    entries: Entries = field(default_factory=NoEntries)
    changes: Changes | None = None
    late: Late = field(default_factory=Late)
    series: Callable[[], Sequence[Series]] = tuple
    configuration: str = ""
    routes: Mapping[str, str] = field(default_factory=dict)
    front: FrontRules | None = None

    @property
    def arrival_matters(self) -> bool:
        """Whether hooks.toml lets anything rest on how a request arrives: a front, routes, or the lock of a source."""
        locked = any(source.lock is not None for source in self.sources.values())
        return locked or bool(self.routes) or self.front is not None
