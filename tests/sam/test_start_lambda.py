"""`sam local start-lambda`: every file of events/, to receiver and API, in one container of each."""

from __future__ import annotations

import json
from typing import Any

from tests.deployed.emulator import post
from tests.events.shapes import BASE_PATH, SAMPLES
from tests.flows.test_entries import SAMPLES_ANSWERED
from tests.sam.command import FUNCTIONS, Sam


def test_each_sample_is_answered_in_a_container(sam: Sam) -> None:
    found: dict[str, list[Any]] = {}
    with sam.started("start-lambda", VERIHOOK_BASE_PATH=BASE_PATH) as url:
        for name, event in SAMPLES.items():
            for function in FUNCTIONS:
                answer = post(f"{url}/2015-03-31/functions/{function}/invocations", event)
                found.setdefault(name, []).append((answer["statusCode"], json.loads(answer["body"]).get("code")))
    assert {name: [expected] * len(FUNCTIONS) for name, expected in SAMPLES_ANSWERED.items()} == found
