"""A client of the API under /v1: :class:`Client` blocks, :class:`AsyncClient` is awaited. Needs httpx and nothing else.

    with Client("https://hooks.example.com", "vhk_...") as verihook:
        result = verihook.start_and_wait("order-created", {"orderId": "1042"})

docs/client.md describes every method.
"""

from __future__ import annotations

from verihook.client.clients import AsyncClient, Client
from verihook.client.deciding import SentEvent
from verihook.client.delivery_records import Delivery, DeliveryPage, EventResult, Forgotten, Hit
from verihook.client.errors import (
    ApiError,
    ClientError,
    Conflict,
    Forbidden,
    InstanceFailed,
    InvalidInput,
    NotFound,
    NotSupported,
    Problem,
    RateLimited,
    Unauthorized,
    Unavailable,
    WaitTimeout,
)
from verihook.client.finding import DeliveryFilters
from verihook.client.key_records import Key, NewKey, OwnKey
from verihook.client.managing_jobs import Job, JobCount, JobFailure, JobFailurePage, JobPage, JobStart
from verihook.client.observing import SourceDetail, TrialResult
from verihook.client.reading import Filters
from verihook.client.records import (
    Attempt,
    BatchItem,
    Definition,
    FailureGroup,
    Health,
    Instance,
    MailboxEntry,
    OpenWait,
    Page,
    Rejection,
    Result,
    Sender,
    Source,
    Started,
    Step,
    WaitPage,
    Workflow,
)
from verihook.client.retries import Retries
from verihook.client.starting import BatchStart, StartOptions

__all__ = [
    "ApiError",
    "AsyncClient",
    "Attempt",
    "BatchItem",
    "BatchStart",
    "Client",
    "ClientError",
    "Conflict",
    "Definition",
    "Delivery",
    "DeliveryFilters",
    "DeliveryPage",
    "EventResult",
    "FailureGroup",
    "Filters",
    "Forbidden",
    "Forgotten",
    "Health",
    "Hit",
    "Instance",
    "InstanceFailed",
    "InvalidInput",
    "Job",
    "JobCount",
    "JobFailure",
    "JobFailurePage",
    "JobPage",
    "JobStart",
    "Key",
    "MailboxEntry",
    "NewKey",
    "NotFound",
    "NotSupported",
    "OpenWait",
    "OwnKey",
    "Page",
    "Problem",
    "RateLimited",
    "Rejection",
    "Result",
    "Retries",
    "Sender",
    "SentEvent",
    "Source",
    "SourceDetail",
    "StartOptions",
    "Started",
    "Step",
    "TrialResult",
    "Unauthorized",
    "Unavailable",
    "WaitPage",
    "WaitTimeout",
    "Workflow",
]
