"""What the core needs of the world, as Protocols. Most are implemented in the room ``adapters``."""

from __future__ import annotations

from verihook.model.ports.caller import Answer, Caller
from verihook.model.ports.clock import Clock, Pace
from verihook.model.ports.documents import MOST_IN_LINE, Document, Documents, Place, Token
from verihook.model.ports.engine import Engine
from verihook.model.ports.entries import Entries, EntryFailed, EntryTimeout, NoEntries
from verihook.model.ports.ledger import MAX_CAUSE, MAX_ERROR, MAX_INLINE, MAX_OUTPUT, Change, Ledger
from verihook.model.ports.payloads import Payloads, PayloadWriter
from verihook.model.ports.secrets import RotatingSecrets, Secrets
from verihook.model.ports.services import Services
from verihook.model.ports.telemetry import KEPT_MS, Kind, Observation, Observer, Telemetry, Trace

__all__ = [
    "KEPT_MS",
    "MAX_CAUSE",
    "MAX_ERROR",
    "MAX_INLINE",
    "MAX_OUTPUT",
    "MOST_IN_LINE",
    "Answer",
    "Caller",
    "Change",
    "Clock",
    "Document",
    "Documents",
    "Engine",
    "Entries",
    "EntryFailed",
    "EntryTimeout",
    "Kind",
    "Ledger",
    "NoEntries",
    "Observation",
    "Observer",
    "Pace",
    "PayloadWriter",
    "Payloads",
    "Place",
    "RotatingSecrets",
    "Secrets",
    "Services",
    "Telemetry",
    "Token",
    "Trace",
]
