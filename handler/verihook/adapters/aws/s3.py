"""S3: objects put, read, listed and deleted.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations.html
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from verihook.adapters.aws.connection import Answer
from verihook.adapters.aws.errors import ServiceError, Unreachable
from verihook.adapters.aws.service import Call, Service


class S3Client:
    """A client with boto3's names, for one region. Raises ServiceError and Unreachable.

    ``service_of(bucket)``: where a bucket's objects are, and the path before their keys.
    """

    def __init__(self, service_of: Callable[[str], Service]) -> None:
        self._service_of = service_of
        self._services: dict[str, Service] = {}

    def put_object(
        self, *, Bucket: str, Key: str, Body: bytes, ContentType: str, ChecksumSHA256: str
    ) -> dict[str, Any]:
        """Write an object; S3 compares its digest, which is base64."""
        headers = {
            "content-type": ContentType,
            "x-amz-checksum-sha256": ChecksumSHA256,
            "x-amz-sdk-checksum-algorithm": "SHA256",
        }
        self._send(Bucket, Call("PUT", _path(Key), headers, Body))
        return {}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        """Read an object: ``Body`` is a file of its bytes. Raises ServiceError NoSuchKey if there is none."""
        return {"Body": io.BytesIO(self._send(Bucket, Call("GET", _path(Key))).body)}

    def list_objects_v2(self, *, Bucket: str, Prefix: str, ContinuationToken: str = "") -> dict[str, Any]:
        """Return a page: ``Contents`` with their ``Key``, and ``NextContinuationToken`` if there are more."""
        query = [("list-type", "2"), ("prefix", Prefix)]
        if ContinuationToken:
            query.append(("continuation-token", ContinuationToken))
        page = _xml(self._send(Bucket, Call("GET", "/", query=query)))
        token = page.findtext("{*}NextContinuationToken")
        keys = [key.text or "" for key in page.iterfind("{*}Contents/{*}Key")]
        return {"Contents": [{"Key": key} for key in keys], **({"NextContinuationToken": token} if token else {})}

    def delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> dict[str, Any]:
        """Delete up to 1,000 objects; ``Errors`` has those that are still there."""
        members = "".join(f"<Object><Key>{escape(each['Key'])}</Key></Object>" for each in Delete["Objects"])
        quiet = "<Quiet>true</Quiet>" if Delete.get("Quiet") else ""
        body = f'<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{members}{quiet}</Delete>'.encode()
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        headers = {
            "content-type": "application/xml",
            "x-amz-checksum-sha256": digest,
            "x-amz-sdk-checksum-algorithm": "SHA256",
        }
        answer = self._send(Bucket, Call("POST", "/", headers, body, [("delete", "")]))
        errors = [
            {"Key": error.findtext("{*}Key"), "Code": error.findtext("{*}Code")}
            for error in _xml(answer).iterfind("{*}Error")
        ]
        return {"Errors": errors} if errors else {}

    def _send(self, bucket: str, call: Call) -> Answer:
        service = self._services.get(bucket)
        if service is None:
            service = self._services[bucket] = self._service_of(bucket)
        return service.send(call, _error)


def _path(key: str) -> str:
    return "/" + quote(key, safe="/~")


def _xml(answer: Answer) -> ElementTree.Element:
    try:
        return ElementTree.fromstring(answer.body)  # noqa: S314  # what S3 says of our own bucket, over TLS
    except ElementTree.ParseError as error:
        raise Unreachable("The answer is not XML.") from error


def _error(answer: Answer, retried: bool) -> ServiceError:
    """See https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html."""
    try:
        content = _xml(answer)
    except Unreachable:
        return ServiceError(str(answer.status), retried=retried)
    code = content.findtext("Code") or str(answer.status)
    return ServiceError(code, content.findtext("Message") or "", retried=retried)
