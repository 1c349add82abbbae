"""Our own clients of the services that a webhook waits for, configured by Lambda's environment.

boto3 needs a tenth of a second of a cold start before it sends its first byte; these clients send the same bytes at
once. What they cannot do (proxies, FIPS and dual-stack endpoints, profiles, some partitions) is left to boto3:
:func:`suits`.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from verihook.adapters.aws import credentials
from verihook.adapters.aws.connection import CONNECT_S, Pool, ServerAddress
from verihook.adapters.aws.credentials import Credentials
from verihook.adapters.aws.json_services import DIALECTS, JsonClient
from verihook.adapters.aws.service import Patience, Service
from verihook.adapters.aws.signature import Signer, encode

#: The entry points that use this client: boto3 takes five times as long of the processor for each call, and for these a
#: sender waits, or thousands of starts do.
OWN_CLIENT = ("verihook.main.receive", "verihook.main.api", "verihook.main.reconcile")

#: boto3's name of a service -> the name in its host and in signatures, and in the variable of its endpoint.
#: https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html
_SERVICES: Mapping[str, tuple[str, str]] = {
    "dynamodb": ("dynamodb", "DYNAMODB"),
    "stepfunctions": ("states", "SFN"),
    "secretsmanager": ("secretsmanager", "SECRETS_MANAGER"),
    "ssm": ("ssm", "SSM"),
    "lambda": ("lambda", "LAMBDA"),
    "s3": ("s3", "S3"),
}

#: Variables that ask for what only boto3 can do. Those of proxies also count in lower case.
_BEYOND = ("AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")

#: What regions begin with, and the domain of their endpoints.
#: https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html
_DOMAINS = {"cn-": "amazonaws.com.cn", "us-iso": "", "eu-iso": "", "eusc-": "", "": "amazonaws.com"}


def suits(variables: Mapping[str, str]) -> bool:
    """Return whether these clients can do all that the environment asks for."""
    asked = [variables.get(name) or variables.get(name.lower()) for name in _BEYOND]
    beyond = any(value and value.lower() != "false" for value in asked)
    region = region_of(variables)
    return bool(region and _domain(region)) and credentials.are_named(variables) and not beyond


def region_of(variables: Mapping[str, str]) -> str:
    """Return the region by boto3's rule; Lambda sets both variables."""
    return variables.get("AWS_DEFAULT_REGION") or variables.get("AWS_REGION") or ""


class Direct:
    """Makes clients that share the credentials. ``variables``: the environment, with a region and credentials.

    ``trace``: returns what each call says of the trace that it is in, "" for nothing; None for that of the invocation.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.trace: Callable[[], str] | None = None
        self._credentials = Credentials(variables)
        self._pools: dict[str, Pool] = {}

    def client(self, service: str, patience: Patience | None = None, endpoint: str = "") -> Any:
        """Return a client of the service that has boto3's name, with boto3's methods.

        ``endpoint``: a URL to use in place of the one in the environment.
        """
        name, variable = _SERVICES[service]
        url = endpoint or self._configured(variable)
        patience = patience or Patience()
        if service == "s3":
            from verihook.adapters.aws.s3 import S3Client

            return S3Client(lambda bucket: self._service("s3", *_bucket(bucket, url, self._region), patience))
        if service == "lambda":
            from verihook.adapters.aws.lambda_service import LambdaClient

            return LambdaClient(self._service(name, url or self._url(name), "", patience))
        made = JsonClient(self._service(name, url or self._url(name), "", patience), DIALECTS[service])
        if service == "stepfunctions" and not url:
            # https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartSyncExecution.html
            sync = JsonClient(self._service(name, self._url("sync-states"), "", patience), DIALECTS[service])
            vars(made)["start_sync_execution"] = sync.start_sync_execution
        return made

    def open(self, *services: str) -> Callable[[], None]:
        """Connect to these services now, so that no request waits for a lookup and a handshake.

        Return a function that waits until that is done. Neither raises an error: the first request to a server that
        cannot be reached does.
        """

        def connect(pool: Pool) -> None:
            with suppress(OSError):
                pool.open(time.monotonic() + CONNECT_S)

        pools = {self._pool(self._endpoint(*_SERVICES[service])) for service in services}
        threads = [Thread(target=connect, args=[pool], name="connect", daemon=True) for pool in pools]

        def wait() -> None:
            for thread in threads:
                thread.join()

        for thread in threads:
            thread.start()
        return wait

    def renew(self) -> None:
        """Forget connections and credentials, which are of no use to a process that goes on from a snapshot."""
        self._credentials.forget()
        for pool in self._pools.values():
            pool.clear()

    @property
    def _region(self) -> str:
        return region_of(self._variables)

    def _service(self, name: str, url: str, base: str, patience: Patience) -> Service:
        parts = urlsplit(url)
        base = parts.path.rstrip("/") + base
        return Service(
            Signer(name, self._region),
            self._credentials,
            self._pool(url),
            host=parts.netloc.rpartition("@")[2],
            base=base,
            patience=patience,
            trace=self._trace,
        )

    def _pool(self, url: str) -> Pool:
        parts = urlsplit(url)
        pool = self._pools.get(parts.netloc)
        if pool is None:
            secure = parts.scheme == "https"
            port, tls = (443, self._tls) if secure else (80, None)
            server = ServerAddress(parts.hostname or "", parts.port or port, tls)
            pool = self._pools[parts.netloc] = Pool(server)
        return pool

    def _trace(self) -> str:
        # It is set after the first clients are made.
        return self.trace() if self.trace else self._of_invocation()

    def _of_invocation(self) -> str:
        """The trace of this invocation, by which Lambda notices a loop of functions.

        https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
        """
        return self._variables.get("_X_AMZN_TRACE_ID", "") if self._variables.get("AWS_LAMBDA_FUNCTION_NAME") else ""

    def _url(self, name: str) -> str:
        return f"https://{name}.{self._region}.{_domain(self._region)}"

    def _endpoint(self, name: str, variable: str) -> str:
        return self._configured(variable) or self._url(name)

    def _configured(self, variable: str) -> str:
        """The endpoint that the environment names, or "".

        https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
        """
        read = self._variables.get
        if read("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
            return ""
        return read(f"AWS_ENDPOINT_URL_{variable}") or read("AWS_ENDPOINT_URL") or ""

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._variables.get("AWS_CA_BUNDLE") or None)


def _domain(region: str) -> str:
    return next(domain for beginning, domain in _DOMAINS.items() if region.startswith(beginning))


def _bucket(bucket: str, url: str, region: str) -> tuple[str, str]:
    """Return the URL of a bucket and the path before its keys. No certificate covers a bucket's name with dots.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
    """
    if url or "." in bucket:
        return url or f"https://s3.{region}.{_domain(region)}", f"/{encode(bucket)}"
    return f"https://{bucket}.s3.{region}.{_domain(region)}", ""
