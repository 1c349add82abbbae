"""What the ledger shows of each source: silence, refusals, clocks, rotations and handshakes. Bounded reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from verihook.cli.doctor.findings import Finding, fault, warning
from verihook.config import Hooks
from verihook.model.instance import Instance, iso
from verihook.model.listing import Query
from verihook.model.ports import KEPT_MS, Ledger, Observation
from verihook.model.source import Source
from verihook.webhooks.reasons import meaning_of

CHECK = "traffic"

HOUR_MS, DAY_MS = 3_600_000, 86_400_000

#: How many of a source's newest instances show how often it delivers, and how few show nothing.
NEWEST, LEAST = 50, 10

#: A source is silent after so many times its longest usual pause, and never sooner than after an hour.
PAUSES = 3

#: So many refusals within a day are no accident, if they are more than half of what came.
REFUSED = 10

#: How far ahead of this clock a row may be written, in milliseconds.
AHEAD_MS = 60_000

#: So many instances that failed are no accident, if they are more than half of the newest.
FAILED = 5

#: The most that is said of an error, in characters.
_MOST_ERROR = 80

_LATE = "timestamp-outside-tolerance"

#: The reasons for which a handshake is refused.
_OF_HANDSHAKES = frozenset({"verify-token-mismatch", "handshake-refused", "challenge-as-body"})


def traffic(hooks: Hooks, ledger: Ledger, now_ms: int) -> Iterator[Finding]:
    """Yield what the ledger shows. Raises LedgerUnavailable."""
    for name, source in hooks.sources.items():
        seen = [row.created_at for row in ledger.page(Query(source=name), NEWEST, None, now_ms)]
        refused = ledger.observations("rejected", name, 500, now_ms - DAY_MS)
        yield from _silence(name, seen, now_ms)
        yield from _refusals(name, [row for row in refused if row.last_at >= now_ms - DAY_MS], seen, now_ms)
        yield from _rotation(name, source, ledger, now_ms)
        yield from _pairing(name, source, ledger, now_ms)
        yield from _handshake(name, source, ledger, seen, now_ms)
    for name in hooks.workflows:
        yield from _failures(name, ledger.page(Query(workflow=name), NEWEST, None, now_ms))
    yield from _strangers(ledger, now_ms)


def _silence(name: str, seen: list[int], now_ms: int) -> Iterator[Finding]:
    """``seen``: when its newest instances were made, the newest first."""
    if len(seen) < LEAST:
        return
    if seen[0] > now_ms + AHEAD_MS:
        what = f"its newest instance is of {iso(seen[0])}, which is ahead of this clock ({iso(now_ms)})"
        yield fault("clock", name, what, "set the clock of this machine, or of the one that has written it (NTP)")
        return
    pause = max(newer - older for newer, older in pairwise(seen))
    silent = now_ms - seen[0]
    if silent > max(PAUSES * pause, HOUR_MS):
        what = f"nothing was accepted since {iso(seen[0])}; its longest pause before was {_span(pause)}"
        mend = "look at the sender's own page of deliveries: is the endpoint disabled, its URL or certificate changed?"
        yield warning("silence", name, what, mend)


def _refusals(name: str, refused: list[Observation], seen: list[int], now_ms: int) -> Iterator[Finding]:
    count = sum(row.count for row in refused)
    accepted = sum(at >= now_ms - DAY_MS for at in seen)
    if count < REFUSED or count <= accepted:
        return
    by_reason: dict[str, int] = {}
    for row in refused:
        by_reason[row.reason] = by_reason.get(row.reason, 0) + row.count
    reason = max(by_reason, key=by_reason.__getitem__)
    what = f"{count} deliveries were refused within a day, {by_reason[reason]} of them for {reason}"
    if reason == _LATE:
        what = f"{by_reason[reason]} deliveries within a day were signed at a time that is too far from this clock"
        yield fault("clock", name, what, "set the clock (NTP); if it is right, old deliveries are sent again")
    else:
        yield fault(CHECK, name, what, meaning_of(reason) or "docs/operations.md says what it means")


def _rotation(name: str, source: Source, ledger: Ledger, now_ms: int) -> Iterator[Finding]:
    """Tell of a secret that ends while its sender still signs with it."""
    ending = [secret for secret in source.secrets[1:] if secret.until_s and secret.until_s * 1000 > now_ms]
    used = ledger.observations("previous-secret", name, 1, now_ms - DAY_MS)
    if ending and used:
        end = min(secret.until_s or 0 for secret in ending)
        what = f"its sender still signed with a former secret at {iso(used[0].last_at)}, and one ends {iso(end * 1000)}"
        mend = "give the sender the newest secret before that, or its deliveries are refused; docs/rotation.md"
        yield warning("rotation", name, what, mend)


def _pairing(name: str, source: Source, ledger: Ledger, now_ms: int) -> Iterator[Finding]:
    if "pairing" in source.parameters and ledger.observations("handshake", name, 1, now_ms - KEPT_MS):
        what = "it has paired, and would still take another secret from any caller"
        yield warning("handshakes", name, what, "take pairing out of its parameters, docs/handshakes.md")


def _handshake(name: str, source: Source, ledger: Ledger, seen: list[int], now_ms: int) -> Iterator[Finding]:
    """Tell of a URL that its sender could not prove: one refusal is enough, as most senders try once."""
    if source.sender.handshake is None:
        return
    refused = [
        row for row in ledger.observations("rejected", name, 500, now_ms - KEPT_MS) if row.reason in _OF_HANDSHAKES
    ]
    proven = [row.last_at for row in ledger.observations("handshake", name, 1, now_ms - KEPT_MS)]
    last = max(refused, key=lambda row: row.last_at, default=None)
    if last is not None and last.last_at > max([*proven, *seen[:1], 0]):
        what = f"its last handshake was refused at {iso(last.last_at)} ({last.reason}), and nothing has come since"
        mend = meaning_of(last.reason) or "docs/handshakes.md says what this sender sends, and what it has to get"
        yield warning("handshakes", name, what, mend)


def _failures(name: str, rows: list[Instance]) -> Iterator[Finding]:
    """Tell of a workflow, or its engine, that fails more than it succeeds. ``rows``: its newest."""
    ended = [row for row in rows if row.final and row.status != "terminated"]
    failed = [row for row in ended if row.status != "completed"]
    if len(failed) < FAILED or 2 * len(failed) <= len(ended):
        return
    errors = Counter((row.error or row.status)[:_MOST_ERROR] for row in failed)
    error, count = errors.most_common(1)[0]
    what = f"{len(failed)} of its newest {len(ended)} instances that have ended failed, {count} of them with {error}"
    mend = (
        f"verihook instances failures shows them; once mended, verihook instances list --workflow {name} has their ids"
    )
    yield warning("engines", name, what, mend)


def _strangers(ledger: Ledger, now_ms: int) -> Iterator[Finding]:
    """Tell of deliveries that found no source."""
    lost = ledger.observations("rejected", "", 500, now_ms - DAY_MS)
    count = sum(row.count for row in lost if row.reason == "source-not-found" and row.last_at >= now_ms - DAY_MS)
    if count >= REFUSED:
        what = f"{count} deliveries within a day were for a source that hooks.toml does not have"
        yield warning(
            CHECK, "-", what, "verihook rejections --source - shows the last; add the source, or mend the URL"
        )


def _span(milliseconds: int) -> str:
    minutes = milliseconds // 60_000
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
