"""``verihook listen``: what comes to a deployment also comes to this machine, as long as somebody works on it.

A reader of the deployment's own list of deliveries: nothing is taken from it, so several may listen, and no third party
sees anything. How far it is, is kept in a file, so that what came while the laptop slept comes afterwards.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verihook.adapters.printable import printable
from verihook.cli.arguments import past_time
from verihook.cli.connect import ENDED_BADLY, EXIT_CODES, with_client
from verihook.cli.forwarded import forwarded
from verihook.cli.send import KEY_MEND, add_source_options, cannot_send, find_source, signing_secret
from verihook.cli.table import utc_time
from verihook.config.settings import environment
from verihook.local.data import read_run
from verihook.model.instance import milliseconds_of
from verihook.strict_json import parse_written

if TYPE_CHECKING:
    from verihook.client import Client, Delivery
    from verihook.model.source import Source

#: How often it looks, and says that it is there, in seconds; how long an answer may take.
_EVERY_S, _HEARTBEAT_S, _ANSWER_S = 2.0, 15.0, 30.0

#: How far back it looks again: a delivery is listed by when it came, and a slow one appears behind others.
_OVERLAP = timedelta(minutes=2)

#: What became an instance of the deployment. What is only counted there has no body to send.
_FORWARDED = ("accepted", "resumed")


def add_parser(commands: Any) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "listen",
        help="have what comes to a deployment come to this machine, too",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--source", required=True, metavar="NAME", help="of the deployment, and of hooks.toml here")
    parser.add_argument("--to", metavar="URL", help="where to send it; default /hooks/NAME of the server on --data")
    parser.add_argument("--only", metavar="TYPE", help="of the event, also with a * at the end")
    parser.add_argument("--since", type=past_time, metavar="WHEN", help="came then or later: 30m, 2h or a UTC time")
    parser.add_argument("--replay", metavar="ID", help="send this delivery alone, and end")
    parser.add_argument("--print", action="store_true", dest="shows_body", help="print each body, too")
    parser.add_argument("--json", action="store_true", help="for programs: one JSON object a line")
    deployment = parser.add_argument_group("deployment")
    deployment.add_argument("--url", help="its address; default VERIHOOK_URL")
    deployment.add_argument("--key", help="API key with deliveries:read and deliveries:body; default VERIHOOK_KEY")
    parser.add_argument(
        "--private-key", type=Path, metavar="FILE", help="the sender's (test) private key; default the source's secret"
    )
    add_source_options(parser)
    parser.set_defaults(command=_command)


def _command(options: argparse.Namespace) -> int:
    url = options.url or environment().get("VERIHOOK_URL")
    if not url:
        print("verihook: listen to which deployment? Give --url, or set VERIHOOK_URL.", file=sys.stderr)
        return 2
    options.source_here = find_source(options)
    options.place = options.data / "listening" / _file_of(options.source, url)
    signing = argparse.Namespace(**{**vars(options), "key": options.private_key})
    options.secret = signing_secret(options.source_here, signing)
    run = read_run(options.data)
    options.to = options.to or f"{run.url if run else 'http://127.0.0.1:8787'}/hooks/{options.source}"
    # The data folder is that of this machine, and the deployment another one.
    options.data = None
    return with_client(_listen)(options)


def _file_of(source: str, url: str) -> str:
    return f"{source}.{hashlib.sha256(url.rstrip('/').encode()).hexdigest()[:8]}.json"


@dataclass(slots=True)
class _Place:
    """How far a listener is: the time in milliseconds of the newest that was sent, and the ids of the last ones."""

    path: Path
    at: int
    seen: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path, since: datetime | None) -> _Place:
        """Return the place that the file has, or ``since``, or now."""
        if since is None:
            try:
                content = parse_written(path.read_text())
                return cls(path, int(content["at"]), {str(id): int(at) for id, at in content["seen"].items()})
            except (OSError, ValueError, TypeError, KeyError, AttributeError):
                since = datetime.now(UTC)
        return cls(path, milliseconds_of(since))

    @property
    def since(self) -> datetime:
        """Return from when on to look. Before the first delivery there is nothing to look at again."""
        at = datetime.fromtimestamp(self.at / 1000, UTC)
        return at - _OVERLAP if self.seen else at

    def note(self, found: Delivery) -> None:
        """Write that the delivery was sent."""
        at = milliseconds_of(found.at)
        self.at, self.seen[found.id] = max(self.at, at), at
        oldest = self.at - int(_OVERLAP.total_seconds() * 1000)
        self.seen = {id: at for id, at in self.seen.items() if at >= oldest}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps({"at": self.at, "seen": self.seen}))
        fresh.replace(self.path)


def _listen(client: Client, options: argparse.Namespace) -> int:
    import httpx

    with httpx.Client(timeout=_ANSWER_S) as here:
        if options.replay is not None:
            return 0 if _send(client.delivery(options.replay), client, here, options) else ENDED_BADLY
        place = _Place.of(options.place, options.since)
        _say(options, f"Listening to {options.source} since {utc_time(place.since)}, sending to {options.to}.")
        _follow(client, here, place, options)
        return 0


def _follow(client: Client, here: Any, place: _Place, options: argparse.Namespace) -> None:
    """Send what comes, the oldest first, until the process is interrupted. Raises ClientError, unless it passes."""
    from verihook.client import RateLimited, Unavailable

    spoken, last = time.monotonic(), place.since
    while True:
        try:
            for each in _news(client, place, options):
                while not _send(each, client, here, options):
                    # Nothing answers here: it stays the next one, so that the order holds and none is lost.
                    time.sleep(_EVERY_S)
                place.note(each)
                spoken, last = time.monotonic(), each.at
        except (RateLimited, Unavailable) as error:
            _say(options, f"The deployment is out of reach, trying again: {error}")
        if time.monotonic() - spoken >= _HEARTBEAT_S:
            spoken = time.monotonic()
            _say(options, f"Connected, nothing since {utc_time(last)}.")
        time.sleep(_EVERY_S)


def _news(client: Client, place: _Place, options: argparse.Namespace) -> list[Delivery]:
    """Return what came and was not sent yet, the oldest first. An event that came among others comes with these."""
    found: list[Delivery] = []
    cursor: str | None = None
    while True:
        page = client.deliveries(source=options.source, type=options.only, since=place.since, limit=200, cursor=cursor)
        found += page.deliveries
        if (cursor := page.cursor) is None:
            break
    fresh = {each.id: each for each in found if each.outcome in _FORWARDED and each.carrier is None}
    return sorted((each for id, each in fresh.items() if id not in place.seen), key=lambda each: each.at)


def _send(listed: Delivery, client: Client, here: Any, options: argparse.Namespace) -> bool:
    """Send a delivery and print a line. Return False if nothing answers at the address."""
    import httpx

    from verihook.client import NotFound

    try:
        found, body = client.delivery(listed.id), client.delivery_body(listed.id)
    except NotFound as error:
        _report(options, listed, str(error))
        return True
    source: Source = options.source_here
    try:
        request = forwarded(found, body, source, options.secret)
    except ValueError as error:
        raise cannot_send(source, options.hooks.name, str(error), KEY_MEND.replace("--key", "--private-key")) from error
    began = time.monotonic()
    target = f"{options.to}{'?' if request.query else ''}{request.query}"
    headers = [(name.encode(), value.encode()) for name, value in request.headers]
    try:
        reply = here.request(request.method, target, content=request.body, headers=headers)
    except httpx.TransportError as error:
        _report(options, listed, f"{options.to} cannot be reached ({error}), trying again")
        return False
    _report(options, listed, "", reply.status_code, round((time.monotonic() - began) * 1000))
    if options.shows_body:
        print(printable(body.decode("utf-8", "replace"), keep="\n\t"), flush=True)
    return True


def _report(options: argparse.Namespace, found: Delivery, trouble: str, status: int | None = None, ms: int = 0) -> None:
    """Print the line of a delivery."""
    if options.json:
        told = {"id": found.id, "at": found.at.isoformat(), "eventId": found.event_id, "eventType": found.event_type}
        print(json.dumps({**told, "status": status, "milliseconds": ms, "trouble": trouble or None}), flush=True)
        return
    what = " ".join(text for text in (found.event_type, found.event_id) if text)
    outcome = trouble or f"{status}  {ms} ms"
    print(printable("  ".join(text for text in (utc_time(found.at), what, outcome, found.id) if text)), flush=True)


def _say(options: argparse.Namespace, words: str) -> None:
    """Say something about the listening itself; among lines for programs on standard error."""
    print(printable(words), file=sys.stderr if options.json else sys.stdout, flush=True)
