"""A source: an entry point that the operator configured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from verihook.model.delivery import DEFAULT_KEEP_DAYS
from verihook.senders import Sender
from verihook.strict_json import member

if TYPE_CHECKING:
    from typing import Protocol

    from verihook.model.delivery import EventFacts
    from verihook.model.expression import Expression
    from verihook.model.lock import Lock
    from verihook.model.resumption import Resume

    class Transform(Protocol):
        """Makes an input: an expression, or what the source's entry has made."""

        def result(self, content: object, facts: EventFacts) -> Any:
            """Return the input, a JSON value."""
            ...


DuplicatePolicy = Literal["return", "reject", "restart"]
DUPLICATE_POLICIES: tuple[str, ...] = get_args(DuplicatePolicy)

ChangedPolicy = Literal["return", "reject"]
CHANGED_POLICIES: tuple[str, ...] = get_args(ChangedPolicy)

PausedPolicy = Literal["hold", "refuse"]
PAUSED_POLICIES: tuple[str, ...] = get_args(PausedPolicy)

ReplayPolicy = Literal["start", "refuse"]
REPLAY_POLICIES: tuple[str, ...] = get_args(ReplayPolicy)

Keep = Literal["none", "facts", "full"]
KEEPS: tuple[str, ...] = get_args(Keep)

#: How many further headers a source may keep.
MOST_KEEP_HEADERS = 16

#: How many further headers a source may pass on to its workflow.
MOST_PASS_HEADERS = 16

#: The headers that are kept of every source's deliveries. None of them holds a secret.
GENERAL_HEADERS = ("content-type", "content-encoding", "user-agent", "traceparent")

#: How many workflows a source may start: each costs a write and a start within the patience of the sender.
MOST_WORKFLOWS = 8

#: How large a body may be if the source does not say, in bytes.
DEFAULT_BODY = 1_048_576

#: The most that a source can allow: a Lambda function takes 6 MB a request, and a binary body comes as base64.
#: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_BODY = 6_000_000


@dataclass(frozen=True, slots=True)
class SecretReference:
    """Where a secret is, never the secret itself.

    ``reference``: ``env:NAME``, ``file:PATH``, ``secretsmanager:NAME-or-ARN[#json-key]`` or ``ssm:/path``. ``until_s``:
    the time, in seconds since the epoch, from which on the secret no longer verifies; None for no end.
    """

    reference: str
    until_s: int | None = None

    def live(self, now: int) -> bool:
        """Whether the secret still verifies at ``now``, in seconds since the epoch."""
        return self.until_s is None or now < self.until_s


@dataclass(frozen=True, slots=True)
class Source:
    """One ``[sources.NAME]`` of hooks.toml.

    ``secrets`` newest first. ``types``: the event types wanted, () for all; ``when``: what holds of the events wanted.
    ``transform``: makes the workflow's input of an event; None: the input is the event. ``duplicates``: what a
    redelivery does; ``changed``: what a redelivery with another body does. ``max_body`` in bytes. ``public_url`` and
    ``parameters``: see :class:`~verihook.senders.schemes.Setting`. ``by_body``: deliveries without an event id and with
    the same body are one event; None: they are if the sender's ``unique`` member is in it. ``starts_per_minute``: None
    for no limit. ``feed``: the ARN of the queue, topic or event bus that may deliver without a signature, because AWS
    says who sends; "" for HTTP alone.
    ``replays``: what a delivery does whose signed bytes came before under another event id; None: that follows from
    the sender's ``signs_once``. ``keep``: what is kept of a delivery beside its event, for ``keep_days``: nothing, its
    facts, or also the bytes of its body; ``keep_headers``: the names, in lower case, of further headers to keep.
    ``pass_headers``: those of further headers that the workflow gets. ``by_name``: the workflows that start under an
    instance id of their own, which their name is part of; ``workflow`` is one of them unless its id is the event's.
    ``entry``: the operator's function that decides what becomes of an event, as ``module:function``; "" for none.
    ``delay`` and ``start_at``: what gives the delay or the time of the start, at most one of them.
    ``ordering``: what gives the value for which one instance runs at a time; None: they run side by side.
    ``on_paused``: whether an event whose workflow is paused waits until that is active again, or is refused.
    ``metadata``: the labels of what it starts: the name -> what its value is in the event. ``resume``: which instances
    its events go to in place of a start; None if each starts one. ``waits``: whether a workflow may wait for a delivery
    at an address of its own. ``lock``: from where it takes deliveries, beside their signature; None for anywhere.
    """

    name: str
    sender: Sender
    secrets: tuple[SecretReference, ...]
    workflow: str
    types: tuple[str, ...] = ()
    duplicates: DuplicatePolicy = "return"
    max_body: int = DEFAULT_BODY
    public_url: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    changed: ChangedPolicy = "return"
    by_body: bool | None = None
    starts_per_minute: int | None = None
    feed: str = ""
    replays: ReplayPolicy | None = None
    when: Expression | None = None
    transform: Transform | None = None
    keep: Keep = "facts"
    keep_days: int = DEFAULT_KEEP_DAYS
    keep_headers: tuple[str, ...] = ()
    pass_headers: tuple[str, ...] = ()
    by_name: tuple[str, ...] = ()
    delay: Expression | None = None
    start_at: Expression | None = None
    on_paused: PausedPolicy = "hold"
    metadata: Mapping[str, Expression] = field(default_factory=dict)
    resume: Resume | None = None
    waits: bool = False
    entry: str = ""
    ordering: Expression | None = None
    lock: Lock | None = None
    #: All that are kept: general ones, those of signature, id and type, and ``keep_headers``. Always made of these.
    #: Name -> whether it is the signature, of which only a mark is kept.
    kept_headers: Mapping[str, bool] = field(default_factory=dict, repr=False, compare=False)
    #: All that the workflow gets: that of the trace, the sender's facts, and ``pass_headers``. Always made of these.
    passed_headers: tuple[str, ...] = field(default=(), repr=False, compare=False)
    #: The names of all workflows that its events start. Always made of these.
    workflows: tuple[str, ...] = field(default=(), repr=False, compare=False)

    def __post_init__(self) -> None:
        # Once, and not for every delivery.
        object.__setattr__(self, "kept_headers", self._kept_headers())
        passed = ("traceparent", *self.sender.places.pass_headers, *self.pass_headers)
        object.__setattr__(self, "passed_headers", tuple(dict.fromkeys(passed)))
        object.__setattr__(self, "workflows", tuple(dict.fromkeys((self.workflow, *self.by_name))))

    def tells_by_body(self, content: object) -> bool:
        """Whether another event without an id that has this body is the same event."""
        if self.by_body is not None:
            return self.by_body
        places = self.sender.places
        if places.unique is None or places.each is not None:
            return False
        # An empty list or text tells no event from another.
        return bool(member(content, places.unique))

    @property
    def reached(self) -> tuple[str, ...]:
        """Return the names of all workflows whose instances its events start or resume."""
        return self.workflows if self.resume is None else (*self.workflows, self.resume.workflow)

    @property
    def replayable(self) -> bool:
        """Whether a captured delivery could come again as another event: the signature covers neither id nor time.

        If the sender has no place for an id, each delivery is an event of its own in any case. A CloudEvent may have
        its id in a header, which is not signed. A token signs nothing, so nothing identifies a captured delivery.
        """
        scheme, places = self.sender.scheme, self.sender.places
        if scheme.timed or not scheme.binds_body:
            return False
        if places.envelope:
            return True
        return places.id is not None and not all(scheme.covers(place.header, place.json) for place in places.id.each)

    @property
    def refuses_replays(self) -> bool:
        """Whether the source refuses a delivery whose signed bytes came before under another event id."""
        return self.replayable and (self.replays or ("refuse" if self.sender.signs_once else "start")) == "refuse"

    def _kept_headers(self) -> dict[str, bool]:
        places, signature = self.sender.places, self.sender.signature_header
        all_places = [each for place in (places.id, places.type) if place for each in place.each]
        read = (name for place in all_places for name in (place.header, *place.aliases))
        named = (*GENERAL_HEADERS, signature, *self.sender.signed_headers, *read, *self.keep_headers)
        return {name: name == signature for name in named if name}
