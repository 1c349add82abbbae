"""The requests that S3 gets, as botocore makes them, and what becomes of odd answers."""

from __future__ import annotations

import pytest

from tests.unit.adapters.aws.scripted import KEYS, Scripted, answer
from verihook.adapters.aws.direct import Direct, _bucket
from verihook.adapters.aws.errors import ServiceError, Unreachable

DELETED = """<DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
  <Error><Key>a</Key><Code>AccessDenied</Code></Error></DeleteResult>"""


def test_what_a_deletion_says() -> None:
    with Scripted(answer(DELETED)) as server:
        told = server.client("s3").delete_objects(Bucket="b", Delete={"Objects": [{"Key": "a<&>"}], "Quiet": True})
    assert {"Errors": [{"Key": "a", "Code": "AccessDenied"}]} == told
    head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    assert head.startswith("POST /b/?delete= HTTP/1.1\r\n")
    assert "<Object><Key>a&lt;&amp;&gt;</Key></Object><Quiet>true</Quiet>" in body
    assert "\r\nx-amz-checksum-sha256: " in head


def test_what_an_odd_answer_is() -> None:
    with Scripted(answer("no XML"), answer("no XML", 404)) as server:
        client = server.client("s3")
        with pytest.raises(Unreachable):
            client.list_objects_v2(Bucket="b", Prefix="p")
        with pytest.raises(ServiceError) as caught:
            client.get_object(Bucket="b", Key="k")
    assert "404" == caught.value.code


@pytest.mark.parametrize(
    ("bucket", "url", "region", "where"),
    [
        ("b", "", "eu-central-1", ("https://b.s3.eu-central-1.amazonaws.com", "")),
        ("b", "", "cn-north-1", ("https://b.s3.cn-north-1.amazonaws.com.cn", "")),
        ("b.c", "", "eu-central-1", ("https://s3.eu-central-1.amazonaws.com", "/b.c")),
        ("b", "http://127.0.0.1:1", "eu-central-1", ("http://127.0.0.1:1", "/b")),
    ],
)
def test_where_a_bucket_is(bucket: str, url: str, region: str, where: tuple[str, str]) -> None:
    assert where == _bucket(bucket, url, region)


def test_it_has_no_other_operation() -> None:
    with pytest.raises(AttributeError):
        Direct(KEYS).client("s3").create_bucket(Bucket="b")
