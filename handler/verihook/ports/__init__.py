"""What the core needs of the world, as Protocols, whose adapters live in the rooms beside the core."""

from __future__ import annotations

from verihook.ports.caller import Answer, Caller
from verihook.ports.clock import Clock, Pace
from verihook.ports.documents import Document, Documents, Token
from verihook.ports.engine import Engine
from verihook.ports.ledger import MAX_INLINE, MAX_OUTPUT, Change, Ledger
from verihook.ports.payloads import Payloads, Puts
from verihook.ports.secrets import Secrets
from verihook.ports.services import Services
from verihook.ports.telemetry import KEPT_MS, Observation, Observer, Telemetry, Trace

__all__ = [
    "KEPT_MS",
    "MAX_INLINE",
    "MAX_OUTPUT",
    "Answer",
    "Caller",
    "Change",
    "Clock",
    "Document",
    "Documents",
    "Engine",
    "Ledger",
    "Observation",
    "Observer",
    "Pace",
    "Payloads",
    "Puts",
    "Secrets",
    "Services",
    "Telemetry",
    "Token",
    "Trace",
]
