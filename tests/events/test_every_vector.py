"""Every signature case through the shapes of all fronts: the verdict is the one that the case names."""

from __future__ import annotations

import base64
from collections import Counter
from urllib.parse import parse_qsl, urlsplit

from tests.events.shapes import BASE_PATH, MULTIPLE, SHAPES, Shape
from tests.vectors.run import Case, read_cases, refusal
from tests.vectors.test_vectors import FOLDER
from verihook.request import from_lambda

#: A load balancer without multi-value headers hands over the last of several parameters of one name.
#: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#multi-value-headers
LAST_PARAMETER_ALONE = {"alb", "alb-base64", "alb-path-pattern"}


def is_lost(shape: Shape, case: Case) -> bool:
    """Whether AWS has taken something off the delivery that decides: docs/domain.md says what.

    Of a header that came twice, some shapes make one with a comma in it, as some senders write it themselves.
    """
    names = Counter(name.lower() for name, _ in case["headers"])
    parameters = Counter(name for name, _ in parse_qsl(urlsplit(case.get("url") or "").query, keep_blank_values=True))
    repeated_header, repeated_parameter = (any(count > 1 for count in each.values()) for each in (names, parameters))
    joined = repeated_header and not case["valid"] and shape not in MULTIPLE
    return joined or (repeated_parameter and shape.name in LAST_PARAMETER_ALONE)


def test_a_case_has_one_verdict_through_every_front() -> None:
    met, wrong, looked_at = set(), [], 0
    for number, case in enumerate(read_cases(FOLDER)):
        query = urlsplit(case.get("url") or "").query
        target = "/hooks/source" + (f"?{query}" if query else "")
        headers, body = [(name, value) for name, value in case["headers"]], base64.b64decode(case["body_base64"])
        # A genuine delivery of each sender through all of them, each case through one of them in turn.
        of_all = case["valid"] and case["scheme"] not in met
        met |= {case["scheme"]} if of_all else set()
        for shape in SHAPES if of_all else [SHAPES[number % len(SHAPES)]]:
            if is_lost(shape, case):
                continue
            event = shape(case.get("method") or "POST", target, headers, body)
            reason = refusal(case, from_lambda(event, BASE_PATH))
            looked_at += 1
            if case["valid"] != (reason is None):
                wrong.append((case["id"], shape.name, reason))
    assert [] == wrong
    assert looked_at > 4000
