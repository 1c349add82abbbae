"""``verihook send SOURCE FILE``: sign as the source's sender does, post, print the reply, follow the status."""

from __future__ import annotations

import argparse
import sys
import time
import uuid
from pathlib import Path
from typing import Any

from verihook.errors import ConfigurationError
from verihook.hooks import load_hooks
from verihook.instance import FINAL
from verihook.local.data import Run, read_run
from verihook.request import Request
from verihook.schemes import Setting, with_headers
from verihook.secrets.environment import EnvironmentSecrets
from verihook.settings import environment, hooks_path
from verihook.source import Source

#: How often --wait asks for the status, in seconds.
POLL = 0.3


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser("send", help="send a webhook, signed as the source's sender signs")
    parser.add_argument("source", help="name of a source in hooks.toml")
    parser.add_argument("file", type=Path, help="the body, sent byte for byte")
    parser.add_argument("--wait", action="store_true", help="follow the instance to its end")
    parser.add_argument("--timeout", type=float, default=60, help="seconds to wait; default 60")
    parser.add_argument("--id", help="event id, where the sender has it in a header; default a new one")
    parser.add_argument("--type", default="ping", help="event type, where the sender has it in a header")
    parser.add_argument("--url", help="default: the server that runs on the data folder")
    parser.add_argument("--data", type=Path, default=Path(".verihook"), help="data folder; default .verihook")
    parser.add_argument("--hooks", type=Path, default=hooks_path(environment()), help="default handler/hooks.toml")
    parser.set_defaults(command=_send)


def _send(options: argparse.Namespace) -> int:
    import httpx

    source = _source(options)
    run = read_run(options.data)
    url = (options.url or (run.url if run else "http://127.0.0.1:8787")).rstrip("/")
    body = _read(options.file)
    delivery = _delivery(source, _secret(source, options.hooks, run), body, options)
    try:
        with httpx.Client(timeout=10) as client:
            reply = client.post(f"{url}/hooks/{source.name}", content=delivery.body, headers=list(delivery.headers))
            print(f"{reply.status_code} {reply.reason_phrase}\n{reply.text}")
            if not reply.is_success:
                return 1
            instance_id = reply.json().get("instanceId") if "json" in reply.headers["content-type"] else None
            return _follow(client, url, instance_id, options.timeout) if options.wait and instance_id else 0
    except httpx.TransportError as error:
        print(f"verihook: {url} cannot be reached ({error}); is `make run` running?", file=sys.stderr)
        return 1


def _follow(client: Any, url: str, instance_id: str, timeout: float) -> int:
    """Print each change of the status; 0 where it ends ``completed``."""
    deadline = time.monotonic() + timeout
    shown = ""
    while time.monotonic() < deadline:
        reply = client.get(f"{url}/", params={"instanceId": instance_id})
        status = reply.json().get("status")
        if status != shown:
            shown = status
            print(reply.text, flush=True)
        if status in FINAL or not reply.is_success:
            return 0 if status == "completed" else 1
        time.sleep(POLL)
    print(f"verihook: no end within {timeout:g} seconds; it goes on", file=sys.stderr)
    return 1


def _source(options: argparse.Namespace) -> Source:
    hooks = load_hooks(options.hooks)
    if options.source not in hooks.sources:
        raise ConfigurationError(hooks.path.name, f"sources.{options.source}", f"there are {', '.join(hooks.sources)}")
    return hooks.sources[options.source]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(str(path), "", f"cannot be read: {error.strerror}") from error


def _secret(source: Source, hooks: Path, run: Run | None) -> str:
    """The newest secret: as the running server has it, else as this environment does."""
    variables = {**environment(), **(run.secrets if run else {})}
    try:
        return EnvironmentSecrets(variables, hooks.parent).resolve(source.secrets[0])[0]
    except KeyError as error:
        mend = f"{error.args[0]}; set it as the server has it, or give --data"
        raise ConfigurationError(hooks.name, f"sources.{source.name}.secrets", mend) from error


def _delivery(source: Source, secret: str, body: bytes, options: argparse.Namespace) -> Request:
    """What the sender sends: the body, signed, and id and type where they are headers."""
    message_id = options.id or str(uuid.uuid4())
    headers = {"content-type": "application/json"}
    unsigned = Request("POST", f"/hooks/{source.name}", "", tuple(headers.items()), body, "")
    setting = Setting(source.public_url, source.parameters)
    signed = source.sender.scheme.sign(secret, unsigned, setting, message_id=message_id, now=int(time.time()))
    places = source.sender.places
    named = [(place.header, value) for place, value in ((places.id, message_id), (places.type, options.type)) if place]
    return with_headers(signed, [(name, value) for name, value in named if name and signed.header(name) is None])
