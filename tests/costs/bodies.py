"""Bodies of five senders as their documentation publishes them, cut or joined to a size.

A body that is joined to itself would compress to nothing: in every copy the ids, numbers and times are others, as in
the next delivery, while names and words stay.
"""

from __future__ import annotations

import json
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tests.vectors.run import read_cases, request_of
from verihook.senders import load_sender
from verihook.senders.body import parse_as
from verihook.senders.event import event_id, event_type

VECTORS = Path(__file__).parents[1] / "vectors"

#: Sender -> the signature case that has its published body.
SENDERS = {
    "adyen-header": "pub-adyen-header-1",
    "coinbase-commerce": "pub-coinbase-commerce-1",
    "pagerduty": "pub-pagerduty-1",
    "razorpay": "pub-razorpay-3",
    "sendgrid": "pub-js-sendgrid-published-2",
}

#: What the cases leave out of a delivery's headers.
_HEADERS = {"razorpay": (("x-razorpay-event-id", "TU2NnaYTHqmKA5"),)}

#: In bytes: half a kilobyte, two, and twenty.
SIZES = (512, 2048, 20_480)

#: A run of letters and digits with a digit in it: an id, a number, a time.
_CHANGING = re.compile(r"(?<!\\)[A-Za-z0-9]*[0-9][A-Za-z0-9]*")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A body of exactly so many bytes; the id and the type of the event that it was recorded with."""

    sender: str
    content: Any
    text: str
    id: str | None
    type: str | None


@cache
def recorded(sender: str, size: int) -> Recorded:
    """The sender's body with as many leaves as ``size`` bytes hold, of as many deliveries as it takes."""
    request, places = request_of(_case(sender)), load_sender(sender).places
    request = replace(request, headers=(*request.headers, *_HEADERS.get(sender, ())))
    body = parse_as(places, request)
    bodies = [body.content, *_others(json.dumps(body.content), Random(sender))]
    content: dict[str, Any] = {"recorded": _cut(bodies, size)}
    content["rest"] = _hex(size - len(_text({**content, "rest": ""})))
    text = _text(content)
    assert len(text.encode()) == size, (sender, size)
    return Recorded(sender, content, text, event_id(places, request, body), event_type(places, request, body))


@cache
def _case(sender: str) -> Any:
    return next(case for case in read_cases(VECTORS) if case["id"] == SENDERS[sender])


def _others(text: str, random: Random) -> list[Any]:
    return [json.loads(_CHANGING.sub(lambda run: _other(run[0], random), text)) for _ in range(60)]


def _other(run: str, random: Random) -> str:
    """Another run of the same form; numbers begin as they did, as JSON knows no leading zero and no leading letter."""
    kinds = (string.digits, string.ascii_lowercase, string.ascii_uppercase)
    return run[0] + "".join(random.choice(next(kind for kind in kinds if letter in kind)) for letter in run[1:])


def _cut(bodies: list[Any], size: int) -> list[Any]:
    """As many leaves of them, in their order, as leave room for the rest of the body."""
    least, most = 0, sum(1 for _ in _leaves(bodies))
    while least < most:
        leaves = (least + most + 1) // 2
        fits = len(_text({"recorded": _first(bodies, leaves)[0], "rest": ""})) <= size
        least, most = (leaves, most) if fits else (least, leaves - 1)
    kept: list[Any] = _first(bodies, least)[0]
    return kept


def _leaves(content: Any) -> Iterator[Any]:
    inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else None
    if inner is None:
        yield content
    else:
        for each in inner:
            yield from _leaves(each)


def _first(content: Any, leaves: int) -> tuple[Any, int]:
    """The first so many leaves in their places, and how many are still missing."""
    if not isinstance(content, dict | list):
        return content, leaves - 1
    members = content.items() if isinstance(content, dict) else enumerate(content)
    kept: list[tuple[Any, Any]] = []
    for name, inner in members:
        if leaves <= 0:
            break
        part, leaves = _first(inner, leaves)
        kept.append((name, part))
    return (dict(kept) if isinstance(content, dict) else [part for _, part in kept]), leaves


def _text(content: Any) -> str:
    return json.dumps(content, separators=(",", ":"))


def _hex(length: int) -> str:
    """What nothing makes shorter than half of it."""
    return Random(length).randbytes(length)[: (length + 1) // 2].hex()[:length]
