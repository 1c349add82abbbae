"""The URLs from outside: whether they answer, for the right sources, and whether clocks agree. By GET alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from verihook.cli.doctor.findings import Finding, fault, warning
from verihook.config import Hooks

CHECK = "url"

#: How long an answer may take, in seconds: a cold start, and a way around the world.
PATIENCE_S = 10.0

#: How far two clocks may be apart, in seconds: senders allow five minutes, and a delivery takes its time.
SKEW_S = 60

#: The most that is read of an answer, in bytes.
MOST = 100_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What a URL answered; ``error``: why it did not, then ``status`` is 0. ``headers`` in lower case."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    error: str = ""


#: Answers a GET of a URL.
Get = Callable[[str], Answer]


class _NoRedirect(HTTPRedirectHandler):
    """Senders post again to no other address: neither do we ask there."""

    def redirect_request(self, *_: object, **__: object) -> None:
        return None


def get(url: str) -> Answer:
    """Send a GET and return what came."""
    request = Request(url, headers={"user-agent": "verihook-doctor", "accept": "application/json"})  # noqa: S310
    try:
        try:
            answer = build_opener(_NoRedirect).open(request, timeout=PATIENCE_S)
        except HTTPError as error:
            answer = error
        with answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, headers, answer.read(MOST))
    except (URLError, HTTPException, OSError, ValueError) as error:
        return Answer(error=str(getattr(error, "reason", "") or error))


def from_outside(hooks: Hooks, base: str, get: Get, now_s: int) -> Iterator[Finding]:
    """Ask the receiver at ``base``, which ends in a slash, for each source, and compare its clock with this one.

    A GET of a source makes nothing and is counted once as refused, unless its sender proves URLs by GET.
    """
    answers = {name: get(f"{base}hooks/{name}") for name in hooks.sources}
    if not answers:
        answers = {"": get(base)}
    lost = [answer for answer in answers.values() if answer.error]
    if len(lost) == len(answers):
        what = f"{base} does not answer: {lost[0].error}"
        yield fault(
            CHECK, base, what, "look at DNS, certificate and firewall, and whether the stack has this URL still"
        )
        return
    for name, answer in answers.items():
        yield from _source(name, f"{base}hooks/{name}", answer)
    yield from skew(base, next(answer for answer in answers.values() if not answer.error), now_s)


def _source(name: str, url: str, answer: Answer) -> Iterator[Finding]:
    if answer.error:
        yield fault(CHECK, name, f"{url} does not answer: {answer.error}", "try again; if it stays, look at the logs")
    elif answer.status == 404:
        what = f"{url} is answered 404: what runs there has no source {name}"
        yield fault(CHECK, name, what, "deploy this hooks.toml, or mend the URL (base path, stage, domain)")
    elif answer.status == 403:
        what = f"{url} is answered 403 before it reaches Verihook"
        yield fault(
            CHECK, name, what, "look at what stands in front: WAF, a domain's secret header, the URL's permissions"
        )
    elif answer.status in (301, 302, 303, 307, 308):
        what = f"{url} leads elsewhere ({answer.headers.get('location', '?')}), where senders do not follow"
        yield fault(CHECK, name, what, "give the sender the address at the end")
    elif answer.status >= 500:
        what = f"{url} is answered {answer.status}"
        mend = "503 is what is not configured or has no secret; the function's log says what is wrong"
        yield fault(CHECK, name, what, mend)


def public_urls(hooks: Hooks, get: Get, now_s: int) -> Iterator[Finding]:
    """Ask each source's ``public_url``, if it has one."""
    for name, source in hooks.sources.items():
        if not source.public_url:
            continue
        url = source.public_url.partition("?")[0]
        answer = get(url)
        yield from _source(name, url, answer)
        if not answer.error:
            yield from skew(url, answer, now_s)


def skew(url: str, answer: Answer, now_s: int) -> Iterator[Finding]:
    """Compare the ``Date`` of an answer with this clock."""
    try:
        theirs = int(parsedate_to_datetime(answer.headers.get("date", "")).timestamp())
    except (ValueError, TypeError):
        return
    apart = theirs - now_s
    if abs(apart) > SKEW_S:
        which = "behind" if apart > 0 else "ahead of"
        what = f"this machine's clock is {abs(apart)} s {which} that of {url}"
        mend = "set it (NTP): signed times are judged by the receiver's clock, and AWS refuses calls of a wrong one"
        yield warning("clock", url, what, mend)
