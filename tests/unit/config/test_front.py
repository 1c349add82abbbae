"""``[front]`` and ``[routes]``: what cannot mean anything, or would hide something, is refused with file and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from verihook.api.operations import ROUTES
from verihook.config import Hooks, load_hooks
from verihook.config.front import TAKEN
from verihook.dialects import ROUTES as OF_DIALECTS
from verihook.errors import ConfigurationError

HOOKS = """
default_source = "a"
{top}
[sources.a]
sender = "generic"
secrets = ["env:A"]
workflow = "w"
[sources.b]
sender = "twilio"
secrets = ["env:B"]
workflow = "w"
{more}
[workflows.w]
engine = "stepfunctions"
definition = "w"
"""


def load(folder: Path, top: str = "", more: str = "") -> Hooks:
    path = folder / "hooks.toml"
    path.write_text(HOOKS.format(top=top, more=more), "utf-8")
    return load_hooks(path)


def test_routes_are_hosts_and_paths(tmp_path: Path) -> None:
    hooks = load(
        tmp_path, '[routes]\n"Hooks.Example.COM./twilio" = "b"\n"hooks.example.com/" = "a"\n"x.example/A/b" = "a"'
    )
    expected = {"hooks.example.com/twilio": "b", "hooks.example.com/": "a", "x.example/A/b": "a"}
    assert expected == hooks.routes
    # What the sender signs is the public URL; of two routes neither is it.
    assert "https://hooks.example.com/twilio" == hooks.sources["b"].public_url
    assert "" == hooks.sources["a"].public_url
    own = load(tmp_path, '[routes]\n"h.example/t" = "b"', 'public_url = "https://other.example/t"')
    assert "https://other.example/t" == own.sources["b"].public_url


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("hooks.example.com", 'the path must be "/"'),
        ("hooks.example.com/a/", "no slash at the end"),
        ("hooks.example.com//a", "no empty one"),
        ("hooks.example.com/a//b", "no empty one"),
        ("hooks.example.com/a/../b", "segments"),
        ("hooks.example.com/.", "segments"),
        ("hooks.example.com/%61", "no escape"),
        ("hooks.example.com/a?b=1", "segments"),
        ("hooks.example.com/a*", "segments"),
        ("/a", "must be a host name and a path"),
        ("*.example.com/a", "must be a host name and a path"),
        ("localhost/a", "must be a host name and a path"),
        ("https://hooks.example.com/a", "must be a host name and a path"),
        ("hooks.example.com:8443/a", "must be a host name and a path"),
        ("[::1]/a", "must be a host name and a path"),
        ("hooks.example.com/hooks/b", "hides what is served at /hooks"),
        ("hooks.example.com/v1/instances", "hides what is served at /v1"),
        ("hooks.example.com/console", "hides what is served at /console"),
        # The same URL as the one that is there.
        ("HOOKS.example.com/taken", 'hides "hooks.example.com/taken"'),
        ("hooks.example.com./taken", 'hides "hooks.example.com/taken"'),
        ("hooks.example.com:443/taken", 'hides "hooks.example.com/taken"'),
        ("hooks.example.com/Taken", 'hides "hooks.example.com/taken"'),
    ],
)
def test_a_route_that_is_none_or_hides_something_is_refused(tmp_path: Path, key: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(tmp_path, f'[routes]\n"hooks.example.com/taken" = "a"\n"{key}" = "b"')
    assert str(refused.value).startswith(f'hooks.toml: routes."{key}": ')
    assert words in str(refused.value)


def test_a_route_leads_to_a_source(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r'routes\."h\.example/a": must be one of a, b \(got .c.\)'):
        load(tmp_path, '[routes]\n"h.example/a" = "c"')
    with pytest.raises(ConfigurationError, match=r"must be a text"):
        load(tmp_path, '[routes]\n"h.example/a" = 7')


def test_no_route_can_hide_what_is_served() -> None:
    served = {row.split(" ")[1].split("/")[1] for row in (*ROUTES, *OF_DIALECTS)}
    assert served | {"hooks", "console"} == TAKEN


@pytest.mark.parametrize(
    ("table", "key", "words"),
    [
        ("", "secrets", "name at least one"),
        ('secrets = ["in the clear"]', "secrets", "is not a reference"),
        ('secrets = ["env:F"]\nhops = -1', "hops", "must be 0 to 10"),
        ('secrets = ["env:F"]\nhops = 1\naddress_header = "x-real-ip"', "hops", "give one of them"),
        ('secrets = ["env:F"]\nhost_header = "Host"', "host_header", "every caller writes it"),
        ('secrets = ["env:F"]\naddress_header = "X-Forwarded-For"', "address_header", "hops counts its addresses"),
        ('secrets = ["env:F"]\nhost_header = "X-Verihook-Origin"', "host_header", "has the secret"),
        ('secrets = ["env:F"]\nhost_header = "x host"', "host_header", "must be the name of a header"),
        ('secrets = ["env:F"]\ntrust = true', "trust", "unknown"),
    ],
)
def test_nothing_is_believed_without_a_secret(tmp_path: Path, table: str, key: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load(tmp_path, f"[front]\n{table}")
    assert str(refused.value).startswith(f"hooks.toml: front.{key}: ")
    assert words in str(refused.value)
