"""Callbacks: a signed POST that reports the end of an instance to the URL that its start gave.

They are Standard Webhooks (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md),
delivered at least once: the ``webhook-id`` is the same on every try for one end, so that a receiver recognises a
repetition. An instance that was redriven has another end, with its own id.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook.errors import EventMalformed, PayloadGone, PayloadsUnavailable
from verihook.instances import payload
from verihook.model.instance import Instance, iso
from verihook.model.ports import Answer, Payloads
from verihook.records import replace
from verihook.strict_json import parse_json

if TYPE_CHECKING:
    from verihook.model.ports.sets import CallbackPorts

#: From each try to the next, in milliseconds, as Standard Webhooks advises: ten tries over three days. The first try
#: is made as soon as reconcile sees the instance.
RETRIES_MS = tuple(1000 * seconds for seconds in (5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400))

#: The longest that a receiver may put a try off with Retry-After.
LONGEST_MS = 86_400_000

#: A larger output is not sent along: the callback says so, and the instance has it. In bytes of UTF-8.
MAX_OUTPUT = 262_144

_SECRET_PURPOSE = b"verihook: callback secret, 1"


@dataclass(frozen=True, slots=True)
class Message:
    """One signed POST."""

    body: bytes
    headers: dict[str, str]


class CallbackGivenUp(Exception):
    """For the log: the receiver has not taken the callback of an instance, and no further try is made."""


def callback_secret(instance_key: bytes) -> str:
    """Return what receivers verify callbacks with: ``whsec_`` and 32 bytes in base64, derived from the instance key."""
    return f"whsec_{base64.b64encode(_key(instance_key)).decode()}"


def deliver(instance: Instance, ports: CallbackPorts) -> Instance:
    """Post the callback of an instance that is final and due, once. Return its row as it is to be written.

    ``due_at`` is None there if the receiver has taken the callback or it is given up, else the time of the next try.
    An error that the receiver causes is not raised, nor is PayloadsUnavailable: the try counts as failed.
    """
    now = ports.clock.now_ms()
    if instance.callback_url is None:
        return replace(instance, due_at=None)
    try:
        message = sign(instance, body_of(instance, ports.payloads), ports.instance_key, now)
        answer = ports.caller.post(instance.callback_url, message.body, message.headers)
    except PayloadsUnavailable as error:
        ports.telemetry.failure(f"callback {instance.id}", error)
        answer = Answer(0)
    if 200 <= answer.status < 300:
        return replace(instance, due_at=None)
    tried = replace(instance, callback_tries=instance.callback_tries + 1)
    if answer.status == 410 or instance.callback_tries >= len(RETRIES_MS):
        why = f"The callback was not taken: status {answer.status or 'none'}, {tried.callback_tries} tries; given up."
        ports.telemetry.failure(f"callback {instance.id}", CallbackGivenUp(why))
        return replace(tried, due_at=None)
    return replace(tried, due_at=now + _delay_ms(instance, answer))


def sign(instance: Instance, body: bytes, instance_key: bytes, now_ms: int) -> Message:
    """The POST of the end, signed at this time."""
    message_id, stamp = f"msg_{instance.id}_{instance.attempt}_{instance.updated_at}", str(now_ms // 1000)
    mac = hmac.digest(_key(instance_key), f"{message_id}.{stamp}.".encode() + body, "sha256")
    trace = instance.passed.get("traceparent")
    return Message(
        body,
        {
            **({} if trace is None else {"traceparent": trace}),
            "content-type": "application/json",
            "user-agent": "verihook",
            "webhook-id": message_id,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(mac).decode()}",
        },
    )


def body_of(instance: Instance, payloads: Payloads) -> bytes:
    """The JSON of the end, the same on every try. Raises PayloadsUnavailable.

    ``data.output`` is the very text that the engine gave; ``data.outputTooLarge`` stands in for one above
    :data:`MAX_OUTPUT`.
    """
    data: dict[str, object] = {
        "instanceId": instance.id,
        "workflow": instance.workflow,
        "status": instance.status,
        "attempt": instance.attempt,
        "createdAt": iso(instance.created_at),
    }
    if instance.error is not None or instance.cause is not None:
        data["error"] = {"code": instance.error, "message": instance.cause}
    output = _output(instance, payloads)
    if output == "":
        data["outputTooLarge"] = True
    text = _compact(data)
    if output:
        text = f'{text[:-1]},"output":{output}}}'
    head = _compact({"type": f"instance.{instance.status}", "timestamp": iso(instance.updated_at)})
    return f'{head[:-1]},"data":{text}}}'.encode("utf-8", "replace")


def _output(instance: Instance, payloads: Payloads) -> str | None:
    """The output's JSON text; None if there is none, "" if it is too large to send."""
    if instance.output is None:
        return None
    try:
        text = payload.load(instance.output, payloads)
    except PayloadGone:
        # The payload has been deleted.
        return None
    try:
        parse_json(text, "The output")
    except EventMalformed:
        # Text of an engine that is no JSON is sent as a string.
        text = json.dumps(text)
    return text if len(text.encode("utf-8", "replace")) <= MAX_OUTPUT else ""


def _delay_ms(instance: Instance, answer: Answer) -> int:
    """Return how long until the next try, in milliseconds: by the schedule, or longer if the receiver asks for it.

    Up to a tenth is added, different for each instance, so that instances that ended together are not posted together.
    """
    planned = RETRIES_MS[instance.callback_tries]
    spread = int.from_bytes(hashlib.sha256(f"{instance.id} {instance.callback_tries}".encode()).digest()[:2], "big")
    asked = min((answer.retry_after_s or 0) * 1000, LONGEST_MS)
    return max(planned, asked) + planned * spread // 655_360


def _key(instance_key: bytes) -> bytes:
    if not instance_key:
        raise ValueError("this entry point has no instance key; add it to bootstrap.KEYED and template.yaml")
    return hmac.digest(instance_key, _SECRET_PURPOSE, "sha256")


def _compact(content: dict[str, object]) -> str:
    return json.dumps(content, separators=(",", ":"))
