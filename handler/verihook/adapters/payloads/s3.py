"""Payloads in S3: ``s3://BUCKET/PREFIX/INSTANCE/SHA256``."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

from verihook.adapters.aws.errors import AwsError, ServiceError
from verihook.adapters.payloads.bounds import KEY, MAX_ANSWERED, MAX_BYTES, too_large
from verihook.adapters.translation import ErrorTranslation
from verihook.errors import PayloadsUnavailable
from verihook.model.instance import INSTANCE_ID

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_translated_errors = ErrorTranslation(AwsError, lambda _: PayloadsUnavailable("The store of payloads did not answer."))


class S3Payloads:
    """Implements :class:`verihook.model.ports.Payloads` on a bucket. One request a call, but for a removal.

    The role needs ``s3:PutObject``, ``s3:GetObject``, ``s3:DeleteObject`` on the objects, and ``s3:ListBucket`` on the
    bucket: without it S3 answers 403 for an object that is not there, which is reported as an outage.
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """

    def __init__(self, client: S3Client, bucket: str, prefix: str = "") -> None:
        """``prefix`` ends in ``/`` if it is not empty."""
        self._client = client
        self._bucket = bucket
        self._prefix = prefix
        self.base = f"s3://{bucket}/{prefix}"
        self.max_output = MAX_ANSWERED

    def put(self, key: str, text: str) -> None:
        """See :meth:`verihook.model.ports.Payloads.put`.

        S3 checks the digest. Raises ValueError if ``key`` is not INSTANCE/SHA256.
        """
        if not KEY.fullmatch(key):
            raise ValueError("a payload's key is INSTANCE/SHA256")
        data = text.encode("utf-8", "surrogatepass")
        if len(data) > MAX_BYTES:
            raise too_large()
        with _translated_errors:
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._prefix + key,
                Body=data,
                ContentType="application/json",
                ChecksumSHA256=base64.b64encode(hashlib.sha256(data).digest()).decode(),
            )

    def get(self, key: str) -> str | None:
        """See :meth:`verihook.model.ports.Payloads.get`."""
        if not KEY.fullmatch(key):
            return None
        with _translated_errors:
            try:
                answer = self._client.get_object(Bucket=self._bucket, Key=self._prefix + key)
            except ServiceError as error:
                if error.code == "NoSuchKey":
                    return None
                raise
            with closing(answer["Body"]) as body:
                data = body.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise too_large()
        return data.decode("utf-8", "surrogatepass")

    def remove_all(self, instance_id: str) -> None:
        """See :meth:`verihook.model.ports.Payloads.remove_all`. One request to list them, and one for each 1,000."""
        if not INSTANCE_ID.fullmatch(instance_id):
            return
        with _translated_errors:
            for keys in self._pages(f"{self._prefix}{instance_id}/"):
                answer = self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
                )
                # S3 answers 200 even then: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
                if answer.get("Errors"):
                    raise PayloadsUnavailable("The store of payloads did not remove all of them.")

    def _pages(self, prefix: str) -> Iterator[list[str]]:
        """Yield the keys that begin with ``prefix``, up to 1,000 at a time."""
        asked: dict[str, Any] = {"Bucket": self._bucket, "Prefix": prefix}
        while True:
            page: dict[str, Any] = {**self._client.list_objects_v2(**asked)}
            if found := page.get("Contents"):
                yield [each["Key"] for each in found]
            if not page.get("NextContinuationToken"):
                return
            asked["ContinuationToken"] = page["NextContinuationToken"]
