"""The senders that sign their URL, through every front: one verdict, whichever front and whichever entry point."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.events.fronts import DOMAINS, FRONT_SECRET, SENDERS, cases, configured, event_of, expected, fronted
from tests.events.shapes import BASE_PATH, SHAPES, Shape
from verihook.request import FORM, Request
from verihook.senders import load_sender
from verihook.senders.schemes import Setting


@pytest.mark.parametrize("sender", SENDERS)
def test_what_signs_the_registered_url_has_one_verdict_through_every_front(rig: Any, sender: str) -> None:
    """By the path of the source, which has ``public_url``: of the delivery only the query counts."""
    all_cases = cases(sender)
    # Some of each verdict through all shapes; each case of the vectors by one of them in turn.
    few = [next(case for case in all_cases if case["valid"] is valid) for valid in (True, False)]
    hooks, variables = configured(all_cases, lambda case: f"public_url = {json.dumps(case['url'])}")
    made = rig(hooks, variables)
    made.base_path = BASE_PATH
    for number, case in enumerate(all_cases):
        made.clock.at_s = case["now"]
        query = urlsplit(case["url"]).query
        for shape in SHAPES if case in few else [SHAPES[number % len(SHAPES)]]:
            target = f"/hooks/s{number}" + (f"?{query}" if query else "")
            status, _ = made.verdict(event_of(shape, case, target))
            assert expected(case) == status or _is_malformed(status), (case["id"], shape.name)


def _is_malformed(status: int) -> bool:
    """Verified, but no event: some published examples have a body that is no JSON."""
    return status == 400


@pytest.mark.parametrize("shape", [shape for shape in DOMAINS if not shape.front], ids=str)
def test_the_public_host_and_path_are_what_is_signed(rig: Any, shape: Shape) -> None:
    """By a route: nothing else tells the source, and what its sender signs is the URL of the route."""
    all_cases = [case for sender in SENDERS for case in cases(sender)]
    few = [next(case for case in all_cases if case["scheme"] == sender and case["valid"]) for sender in SENDERS]
    few.append(next(case for case in all_cases if not case["valid"]))
    for case in few:
        url = urlsplit(case["url"])
        host, path = str(url.hostname), url.path or "/"
        hooks, variables = configured([case], lambda _: "")
        made = rig(f'[routes]\n"{host}{path}" = "s0"\n{hooks}', {**variables, "FRONT": FRONT_SECRET})
        fronted(made, shape, case["now"])
        target = path + (f"?{url.query}" if url.query else "")
        status, _ = made.verdict(event_of(shape, case, target, f"{host.upper()}."))
        assert expected(case) == status or _is_malformed(status), (case["id"], shape.name)
        # The signature, the path and what callers write stay the same; the host is another.
        event = event_of(shape, case, target, "other.example.com")
        event["headers"] |= {"x-forwarded-host": host, "forwarded": f"host={host}"}
        assert (404, "source-not-found") == made.verdict(event)


ROUTED = """
[routes]
"hooks.example.com{base}/calls" = "calls"
[sources.calls]
sender = "twilio"
secrets = ["env:CALLS"]
workflow = "w"
"""


@pytest.mark.parametrize("shape", DOMAINS, ids=str)
def test_what_stands_before_the_path_is_part_of_the_public_url(rig: Any, shape: Shape) -> None:
    made = rig(ROUTED.format(base=shape.front), {"CALLS": "token", "FRONT": FRONT_SECRET})
    fronted(made, shape, 0)
    url = f"https://hooks.example.com{shape.front}/calls"
    assert url == made.made.sources["calls"].public_url
    signed = load_sender("twilio").scheme.sign(
        "token",
        Request("POST", "/", "a=1", (("content-type", FORM),), b"CallSid=CA1", ""),
        Setting(url),
        message_id="",
        now=0,
    )
    case = {"headers": list(signed.headers), "body_base64": base64.b64encode(b"CallSid=CA1").decode()}
    assert (200, None) == made.verdict(event_of(shape, case, "/calls?a=1"))
    for other in ("/calls/", "//calls", "/CALLS", "/calls/../calls", "/x/calls"):
        assert (404, "source-not-found") == made.verdict(event_of(shape, case, f"{other}?a=1"))
    # By its own path it is the same source, and its sender has signed the public URL.
    assert (200, None) == made.verdict(event_of(shape, case, "/hooks/calls?a=1"))
