"""What the environment says: the only file that reads it.

| variable | meaning |
|---|---|
| ``VERIHOOK_TABLE`` | name of the DynamoDB table |
| ``VERIHOOK_INSTANCE_KEY_ARN`` | the secret that is the key of instance ids and callbacks; for entries that need it |
| ``VERIHOOK_SECRETS`` | the secret with a member NAME for each ``env:NAME`` of hooks.toml; for entries that verify |
| ``VERIHOOK_STATE_MACHINE_PREFIX`` | ARN prefix of the state machines; a workflow's definition is appended |
| ``VERIHOOK_FUNCTION_PREFIX`` | prefix of the names of durable functions; a workflow's definition is appended |
| ``VERIHOOK_PAYLOADS`` | name of the bucket of large inputs and outputs |
| ``VERIHOOK_ENTRIES`` | name of the function that runs the entries of sources; empty if none does |
| ``VERIHOOK_BASE_PATH`` | what stands before the paths of receiver and API, such as /payments; default: nothing |
| ``VERIHOOK_ORIGIN_SECRET_ARN`` | the secret that the front of infra/domain.yaml sends; empty if there is none |
| ``VERIHOOK_DOMAINS`` | the only hosts, separated by commas, at which requests are taken; empty for all |
| ``VERIHOOK_TRACING`` | ``yes`` if Lambda's functions send spans to X-Ray; default: they send none |
| ``VERIHOOK_CONSOLE`` | ``yes`` if the API in AWS serves the page at /console/; default: it does not |
| ``OTEL_EXPORTER_OTLP_ENDPOINT`` | the collector that gets spans on one machine, http://127.0.0.1:4318; default: none |
| ``AWS_ENDPOINT_URL_DYNAMODB`` ... | where state machines call a service of AWS on one machine; default: they do not |
| ``VERIHOOK_STATES_PORT`` | where workers reach the state machines of one machine, with the access key |
| ``VERIHOOK_STATES_KEY`` | that key; default of both: none, and only the server itself reaches them |
| ``VERIHOOK_FUNCTION_PROCESSES`` | on one machine: how many processes run functions; default: 0, threads do |
| ``VERIHOOK_SUBSTITUTIONS`` | on one machine: values for ``${NAME}`` in state machines, as a JSON object of texts |
| ``VERIHOOK_HOOKS`` | path of hooks.toml; default: beside the package, else in the current folder |

and every NAME that hooks.toml refers to as ``env:NAME``: a variable that is set is used before the member of that name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from verihook.errors import ConfigurationError
from verihook.request import OWN_PREFIXES
from verihook.strict_json import parse

_BESIDE_PACKAGE = Path(__file__).parents[2] / "hooks.toml"

#: hooks.toml is beside the package in a checkout and in the folder that is deployed. A wheel brings none: it is in the
#: current folder then.
DEFAULT_HOOKS = _BESIDE_PACKAGE if _BESIDE_PACKAGE.exists() else Path("hooks.toml")

#: The folder of the Python workflows is beside hooks.toml.
DEFAULT_WORKFLOWS = DEFAULT_HOOKS.parent / "workflows"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a Lambda function. The ARN of a secret is "" if the function does not need that secret."""

    table: str
    instance_key_arn: str
    secrets_arn: str
    state_machine_prefix: str
    function_prefix: str
    payloads: str
    hooks: Path
    entries: str = ""


@dataclass(frozen=True, slots=True)
class Traces:
    """Where spans go. ``url``: of the collector's ``/v1/traces``; ``service``: what they call this deployment."""

    url: str
    headers: Mapping[str, str]
    service: str


def environment() -> Mapping[str, str]:
    """Return the variables of this process's environment."""
    return os.environ


def handler(variables: Mapping[str, str]) -> str:
    """Return the name of the entry point that Lambda runs, such as ``verihook.main.receive``; "" outside Lambda.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    return variables.get("_HANDLER", "")


def aws_settings(variables: Mapping[str, str], *, keyed: bool = True, verifies: bool = True) -> Settings:
    """Return the settings of a Lambda function. Raises ConfigurationError if one is missing.

    ``keyed``: the function needs the instance key; ``verifies``: it needs the secrets of sources.
    """
    return Settings(
        table=_required(variables, "VERIHOOK_TABLE"),
        instance_key_arn=_required(variables, "VERIHOOK_INSTANCE_KEY_ARN") if keyed else "",
        secrets_arn=_required(variables, "VERIHOOK_SECRETS") if verifies else "",
        state_machine_prefix=_required(variables, "VERIHOOK_STATE_MACHINE_PREFIX"),
        function_prefix=_required(variables, "VERIHOOK_FUNCTION_PREFIX"),
        payloads=_required(variables, "VERIHOOK_PAYLOADS"),
        hooks=hooks_path(variables),
        entries=variables.get("VERIHOOK_ENTRIES", ""),
    )


def hooks_path(variables: Mapping[str, str]) -> Path:
    """Return the path of hooks.toml."""
    path = variables.get("VERIHOOK_HOOKS")
    return Path(path) if path else DEFAULT_HOOKS


def base_path(variables: Mapping[str, str]) -> str:
    """Return the prefix that from_lambda removes from every path, such as "/a/b", or "". Raises ConfigurationError."""
    path = "/".join(["", *variables.get("VERIHOOK_BASE_PATH", "").strip("/").split("/")]).rstrip("/")
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)*", path) or f"{path}/".startswith(OWN_PREFIXES):
        raise ConfigurationError(
            "environment",
            "VERIHOOK_BASE_PATH",
            f"must be segments of letters, digits and . _ ~ -, such as /payments, and must not begin with "
            f"{' or '.join(OWN_PREFIXES)}, where our own paths are (got {path!r})",
        )
    return path


def origin_secret(variables: Mapping[str, str]) -> str:
    """Return the reference of the front's secret; "" if there is no such front."""
    arn = variables.get("VERIHOOK_ORIGIN_SECRET_ARN", "")
    return f"secretsmanager:{arn}" if arn else ""


def domains(variables: Mapping[str, str]) -> list[str]:
    """Return the hosts at which alone requests are taken; [] for all."""
    return [host for host in variables.get("VERIHOOK_DOMAINS", "").lower().split(",") if host]


def xray_daemon(variables: Mapping[str, str]) -> str:
    """Return where X-Ray's daemon takes spans, HOST:PORT; "" if none are to be sent.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
    """
    return variables.get("AWS_XRAY_DAEMON_ADDRESS", "") if variables.get("VERIHOOK_TRACING") == "yes" else ""


def traces(variables: Mapping[str, str]) -> Traces | None:
    """Return where spans go, by OpenTelemetry's own variables; None for nowhere. Raises ConfigurationError.

    https://opentelemetry.io/docs/specs/otel/protocol/exporter/
    """
    url, name = variables.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", ""), "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
    if not url and (base := variables.get("OTEL_EXPORTER_OTLP_ENDPOINT", "")):
        url, name = f"{base.rstrip('/')}/v1/traces", "OTEL_EXPORTER_OTLP_ENDPOINT"
    if not url or variables.get("OTEL_SDK_DISABLED", "").lower() == "true":
        return None
    if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", url):
        raise ConfigurationError(
            "environment", name, f"must be an http or https URL, such as http://127.0.0.1:4318 (got {url!r})"
        )
    pairs = (each.partition("=") for each in variables.get("OTEL_EXPORTER_OTLP_HEADERS", "").split(",") if "=" in each)
    headers = {key.strip().lower(): unquote(value.strip()) for key, _, value in pairs}
    return Traces(url, headers, variables.get("OTEL_SERVICE_NAME") or "verihook")


def aws_endpoint(variables: Mapping[str, str], service_id: str) -> str:
    """Return the URL at which a service of AWS is called, by AWS's own variables; "" for none. ConfigurationError.

    ``service_id``: as AWS's models have it, such as "CloudWatch Logs". Profiles are not read.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
    """
    if variables.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return ""
    for name in (aws_endpoint_variable(service_id), "AWS_ENDPOINT_URL"):
        if url := variables.get(name):
            if not re.fullmatch(r"https?://[^/\s]+(/\S*)?", url):
                mend = f"must be an http or https URL, such as http://127.0.0.1:4566 (got {url!r})"
                raise ConfigurationError("environment", name, mend)
            return url
    return ""


def aws_endpoint_variable(service_id: str) -> str:
    """Return the name of the variable with the endpoint of one service: ``AWS_ENDPOINT_URL_CLOUDWATCH_LOGS``."""
    return f"AWS_ENDPOINT_URL_{service_id.replace(' ', '_').replace('-', '_').upper()}"


def has_aws_endpoint(variables: Mapping[str, str]) -> bool:
    """Return whether the environment has an endpoint of any service."""
    return any(name.startswith("AWS_ENDPOINT_URL") and url for name, url in variables.items())


def aws_region(variables: Mapping[str, str], default: str) -> str:
    """Return the region of AWS that the environment names."""
    return variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION") or default


def has_aws_keys(variables: Mapping[str, str]) -> bool:
    """Return whether the environment says with which keys AWS is called."""
    return bool(variables.get("AWS_ACCESS_KEY_ID") or variables.get("AWS_PROFILE"))


def states_door(variables: Mapping[str, str]) -> tuple[int, str] | None:
    """Return port and access key by which workers reach state machines; None if they do not. ConfigurationError."""
    port, key = variables.get("VERIHOOK_STATES_PORT", ""), variables.get("VERIHOOK_STATES_KEY", "")
    if not port and not key:
        return None
    if not re.fullmatch(r"[1-9]\d{0,4}", port, re.ASCII) or int(port) > 65_535:
        raise ConfigurationError("environment", "VERIHOOK_STATES_PORT", f"must be a port of 1 to 65535 (got {port!r})")
    if not re.fullmatch(r"\w{16,128}", key, re.ASCII):
        mend = "must be 16 to 128 letters, digits and underscores that cannot be guessed"
        raise ConfigurationError("environment", "VERIHOOK_STATES_KEY", mend)
    return int(port), key


def function_processes(variables: Mapping[str, str]) -> int:
    """Return how many processes run functions on one machine; 0: threads do. Raises ConfigurationError."""
    text = variables.get("VERIHOOK_FUNCTION_PROCESSES") or "0"
    if not re.fullmatch(r"[0-9]|[1-5][0-9]|6[0-4]", text, re.ASCII):
        mend = f"must be a number of 0 (threads) to 64 processes (got {text[:20]!r})"
        raise ConfigurationError("environment", "VERIHOOK_FUNCTION_PROCESSES", mend)
    return int(text)


def substitutions(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the values that state machines get for ``${NAME}`` on one machine. Raises ConfigurationError."""
    text = variables.get("VERIHOOK_SUBSTITUTIONS") or "{}"
    try:
        given = parse(text)
    except ValueError:
        given = None
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        mend = 'must be a JSON object of texts, such as {"InvoiceUrl": "http://127.0.0.1:9000/invoices"}'
        raise ConfigurationError("environment", "VERIHOOK_SUBSTITUTIONS", mend)
    return given


def with_console(variables: Mapping[str, str]) -> bool:
    """Return whether the API serves the page at /console/: only if the variable says ``yes``."""
    return variables.get("VERIHOOK_CONSOLE") == "yes"


def _required(variables: Mapping[str, str], name: str) -> str:
    value = variables.get(name)
    if not value:
        raise ConfigurationError("environment", name, "is not set; template.yaml sets it if it is needed")
    return value
