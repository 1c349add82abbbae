"""The payloads contract over files and over S3 (moto), and what is each one's own."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from moto import mock_aws

from tests.adapters.dynamodb_tables import OneAtATime
from tests.adapters.moto_over_http import MotoOverHttp
from tests.boto_clients import boto_session, translated
from tests.contracts.payloads import PayloadsContract, key_of
from tests.direct_clients import direct
from verihook.adapters.aws.errors import ServiceError
from verihook.adapters.aws.service import Patience
from verihook.adapters.payloads.files import FilePayloads
from verihook.adapters.payloads.s3 import S3Payloads
from verihook.errors import PayloadsUnavailable
from verihook.model.ports import Payloads

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

BUCKET = "payloads-bucket"


def s3(endpoint: str | None = None) -> S3Client:
    return boto_session().client(
        "s3",
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=60, max_pool_connections=64),
    )


@pytest.fixture
def bucket() -> Iterator[S3Client]:
    with mock_aws():
        client = s3()
        client.create_bucket(Bucket=BUCKET)
        yield client


class TestFiles(PayloadsContract):
    @pytest.fixture
    def payloads(self, tmp_path: Path) -> Payloads:
        return FilePayloads(tmp_path / "data" / "payloads")

    @pytest.fixture
    def unreachable(self, tmp_path: Path) -> Payloads:
        (tmp_path / "taken").write_text("a file stands where the folder should")
        return FilePayloads(tmp_path / "taken")


class TestS3(PayloadsContract):
    @pytest.fixture
    def payloads(self, bucket: S3Client) -> Payloads:
        # moto closes what another thread still reads.
        one_at_a_time: Any = OneAtATime(translated(bucket))
        return S3Payloads(one_at_a_time, BUCKET, "payloads/")

    @pytest.fixture
    def unreachable(self) -> Payloads:
        return S3Payloads(translated(s3("http://127.0.0.1:9")), BUCKET)


class TestS3ByOurClient(PayloadsContract):
    @pytest.fixture
    def payloads(self, bucket: S3Client) -> Iterator[Payloads]:
        with MotoOverHttp("s3") as server:
            yield self.at(server.url)

    @pytest.fixture
    def unreachable(self) -> Payloads:
        return self.at("http://127.0.0.1:9")

    @staticmethod
    def at(url: str) -> Payloads:
        return S3Payloads(direct({"AWS_ENDPOINT_URL_S3": url}).client("s3", Patience(30, 1)), BUCKET, "payloads/")

    def test_a_page_after_the_other_is_removed(self, payloads: Payloads, bucket: S3Client) -> None:
        """The first 1,000, and the rest."""
        for number in range(1_003):
            bucket.put_object(Bucket=BUCKET, Key=f"payloads/a/{number:064d}", Body=b"{}")
        bucket.put_object(Bucket=BUCKET, Key="payloads/ab/<&>", Body=b"{}")
        payloads.remove_all("a")
        left = bucket.list_objects_v2(Bucket=BUCKET)["Contents"]
        assert ["payloads/ab/<&>"] == [each["Key"] for each in left]

    def test_an_error_of_s3_has_its_code(self, bucket: S3Client) -> None:
        with MotoOverHttp("s3") as server:
            made = direct({"AWS_ENDPOINT_URL_S3": server.url})
            with pytest.raises(ServiceError) as caught:
                made.client("s3").get_object(Bucket="another-bucket", Key="k")
            made.renew()
        assert ("NoSuchBucket", "The specified bucket does not exist") == (caught.value.code, caught.value.message)


def test_a_file_is_its_owners_and_nothing_else_is_left(tmp_path: Path) -> None:
    payloads = FilePayloads(tmp_path / "a b")
    assert f"file://{tmp_path}/a%20b/" == payloads.base
    payloads.put(key_of("{}"), "{}")
    path = tmp_path / "a b" / key_of("{}")
    assert "{}" == path.read_text()
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert 0o700 == stat.S_IMODE(path.parent.stat().st_mode) == stat.S_IMODE((tmp_path / "a b").stat().st_mode)
    assert [path] == [found for found in (tmp_path / "a b").rglob("*") if found.is_file()]
    payloads.remove_all("an_instance-1")
    assert not path.parent.exists()


def test_a_text_is_on_the_disk_before_it_has_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order that survives a power cut: the text, then its name, then the folders that have the name."""
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def synced(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "text")
        fsync(descriptor)

    def named(path: Path, target: Path) -> Path:
        done.append("name")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", named)
    FilePayloads(tmp_path).put(key_of("{}"), "{}")
    assert ["text", "name", "folder", "folder"] == done


def test_what_a_crash_left_goes_after_an_hour(tmp_path: Path) -> None:
    left, fresh = tmp_path / ".unfinished" / "left", tmp_path / ".unfinished" / "fresh"
    left.parent.mkdir()
    for path in (left, fresh):
        path.write_text("half a te")
    os.utime(left, (0, 0))
    FilePayloads(tmp_path)
    assert (False, True) == (left.exists(), fresh.exists())


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    payloads = FilePayloads(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(PayloadsUnavailable):
            payloads.put(key_of("{}"), "{}")
    assert [] == [path for path in tmp_path.rglob("*") if path.is_file()]
    payloads.put(key_of("{}"), "{}")


def test_s3_gets_the_digest_and_one_request_a_call(bucket: S3Client) -> None:
    payloads = S3Payloads(translated(bucket), BUCKET)
    assert f"s3://{BUCKET}/" == payloads.base
    asked: list[dict[str, object]] = []
    bucket.meta.events.register("before-call.s3.*", lambda params, **rest: asked.append(params))
    payloads.put(key_of("{}"), "{}")
    payloads.get(key_of("{}"))
    payloads.remove_all("an_instance-1")
    assert ["PUT", "GET", "GET", "POST"] == [params["method"] for params in asked]
    headers = asked[0]["headers"]
    assert isinstance(headers, dict)
    assert "RBNvo1WzZ4oRRq0W9+hknpT7T8If536DEMBg9hyq/4o=" == headers["x-amz-checksum-sha256"]


def test_s3_says_an_outage_where_the_bucket_is_not_there(bucket: S3Client) -> None:
    with pytest.raises(PayloadsUnavailable):
        S3Payloads(translated(bucket), "another-bucket").get(key_of("{}"))


@pytest.mark.parametrize("kind", ["files", "s3"])
def test_more_than_anybody_of_ours_keeps_is_not_read(
    kind: str, tmp_path: Path, bucket: S3Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    payloads: Payloads = FilePayloads(tmp_path) if kind == "files" else S3Payloads(translated(bucket), BUCKET)
    payloads.put(key_of("1234"), "1234")
    payloads.put(key_of("12345"), "12345")
    monkeypatch.setattr(f"verihook.adapters.payloads.{kind}.MAX_BYTES", 4)
    assert "1234" == payloads.get(key_of("1234"))
    with pytest.raises(PayloadsUnavailable, match="larger"):
        payloads.get(key_of("12345"))
