"""Our signatures are botocore's, byte for byte."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st

from verihook.adapters.aws.signature import Keys, Request, Signer, encode, query_text

AT = datetime(2026, 11, 29, 7, 48, 27, tzinfo=UTC)
NAMES = st.text(string.ascii_lowercase + string.digits + "-", min_size=1, max_size=12).map("x-amz-".__add__)
#: What a header's value may have: printable ASCII and blanks.
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
#: Of a path: what stands encoded in it, without dots alone, which no path of ours has.
SEGMENTS = st.text(min_size=1, max_size=12).filter(lambda text: not set(text) <= {"."} and "/" not in text)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def theirs(service: str, region: str, keys: Keys, request: Request) -> dict[str, str]:
    """The headers of botocore."""
    query = query_text([(encode(name), encode(value)) for name, value in request.query])
    url = f"https://{request.headers['host']}{request.path}" + (f"?{query}" if query else "")
    signed = AWSRequest(method=request.method, url=url, headers=dict(request.headers), data=request.body)
    kind: Any = S3SigV4Auth if service == "s3" else SigV4Auth
    with patch("botocore.auth.get_current_datetime", lambda: AT):
        kind(Credentials(keys.access, keys.secret, keys.token or None), service, region).add_auth(signed)
    return {name.lower(): value for name, value in signed.headers.items()}


@given(
    service=st.sampled_from(["dynamodb", "states", "s3", "lambda", "secretsmanager"]),
    region=st.sampled_from(["eu-central-1", "us-gov-west-1"]),
    keys=st.builds(Keys, st.just("AKID"), TEXTS.filter(bool), st.sampled_from(["", "a-token/+="])),
    method=st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
    segments=st.lists(SEGMENTS, max_size=4),
    headers=st.dictionaries(NAMES, VALUES, max_size=5),
    agent=st.booleans(),
    body=st.binary(max_size=200),
    query=st.lists(st.tuples(TEXTS.filter(bool), TEXTS), max_size=4),
)
def test_any_request(
    service: str,
    region: str,
    keys: Keys,
    method: str,
    segments: list[str],
    headers: dict[str, str],
    agent: bool,
    body: bytes,
    query: list[tuple[str, str]],
) -> None:
    ours = {"host": "service.example:8000", **headers, **({"user-agent": "x"} if agent else {})}
    for name in ("x-amz-date", "x-amz-security-token", "x-amz-content-sha256"):
        ours.pop(name, None)
    path = "/" + "/".join(encode(segment.encode("utf-8", "replace").decode()) for segment in segments)
    request = Request(method, path, ours, body, query)
    signer = Signer(service, region)
    at = AT.strftime("%Y%m%dT%H%M%SZ")
    expected = theirs(service, region, keys, request)
    # The second time with the key that it remembers.
    for _ in range(2):
        assert signer.sign(request, keys, at) == expected


@pytest.mark.parametrize(("secret", "day"), [("other", "20261129"), ("secret", "20261130")])
def test_a_remembered_key_is_of_its_secret_and_day(secret: str, day: str) -> None:
    signer, request = Signer("dynamodb", "eu-central-1"), Request("POST", "/", {"host": "h"})
    signer.sign(request, Keys("a", "secret"), "20261129T000000Z")
    fresh = Signer("dynamodb", "eu-central-1").sign(request, Keys("a", secret), f"{day}T000000Z")
    assert signer.sign(request, Keys("a", secret), f"{day}T000000Z") == fresh


def test_what_is_shown_of_keys() -> None:
    assert "s3cret" not in repr(Keys("a", "s3cret", "t0ken")) + str(Keys("a", "s3cret", "t0ken"))
    assert "t0ken" not in repr(Keys("a", "s3cret", "t0ken"))
