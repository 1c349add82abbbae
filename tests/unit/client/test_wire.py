from __future__ import annotations

import pytest

from verihook.client import ApiError
from verihook.client.wire import Answer, Request, path


def test_paths_are_encoded() -> None:
    assert "/v1/workflows/a%2Fb%3Fc%20%C3%BC/instances:batch" == path("workflows", "a/b?c ü", "instances:batch")


@pytest.mark.parametrize("segment", ["", ".", ".."])
def test_a_path_leads_nowhere_else(segment: str) -> None:
    with pytest.raises(ValueError, match="An id or a name must not be"):
        path("instances", segment)


def test_a_body_of_null_is_one() -> None:
    assert (b"null", None) == (Request("POST", "/", body=None).content(), Request("POST", "/").content())


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b"\xff", b"[" * 100_000])
def test_what_is_none_of_ours_is_told(body: bytes) -> None:
    with pytest.raises(ApiError, match="not Verihook's") as caught:
        Answer(200, {}, body).read(lambda content: content["instanceId"])
    assert (200, "not-understood") == (caught.value.status, caught.value.code)
