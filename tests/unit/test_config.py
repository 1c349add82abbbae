"""hooks.toml: every mistake is one line with file, key and mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from verihook.config import load_hooks
from verihook.config.schemas import check_schemas
from verihook.errors import ConfigurationError
from verihook.model.source import SecretReference

SHIPPED = Path(__file__).parents[2] / "handler" / "hooks.toml"

GOOD = """
default_source = "a"
[sources.a]
sender = "generic"
secrets = ["env:A"]
workflow = "w"
[workflows.w]
engine = "stepfunctions"
definition = "w"
"""


def load(folder: Path, text: str) -> None:
    path = folder / "hooks.toml"
    path.write_text(text)
    load_hooks(path)


def test_the_shipped_file() -> None:
    hooks = load_hooks(SHIPPED)
    assert ["orders", "github", "stripe", "slack", "standard"] == list(hooks.sources)
    assert ("orders", 90) == (hooks.default_source, hooks.workflows["order-created"].retention_days)
    orders = hooks.sources["orders"]
    assert ("generic", (SecretReference("env:ORDERS_WEBHOOK_SECRET"),)) == (orders.sender.id, orders.secrets)
    assert hooks.workflows["order-created"].public_output
    check_schemas(hooks)


def test_the_smallest_file(tmp_path: Path) -> None:
    load(tmp_path, GOOD)
    load(tmp_path, "")


@pytest.mark.parametrize(("text", "auth"), [("", "required"), ('[api]\nauth = "open"\n', "open")])
def test_the_api_is_closed_unless_it_is_opened(tmp_path: Path, text: str, auth: str) -> None:
    path = tmp_path / "hooks.toml"
    path.write_text(text)
    assert auth == load_hooks(path).policy.auth


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ('"env:A"', SecretReference("env:A")),
        ('"file:/a b/c"', SecretReference("file:/a b/c")),
        ('"secretsmanager:prod/hooks"', SecretReference("secretsmanager:prod/hooks")),
        (
            '"secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf#stripe.key"',
            SecretReference("secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf#stripe.key"),
        ),
        ('"ssm:/verihook/stripe"', SecretReference("ssm:/verihook/stripe")),
        ('{ ref = "env:A" }', SecretReference("env:A")),
        # A date ends with its day, in UTC.
        ('{ ref = "env:A", until = 1970-01-01 }', SecretReference("env:A", 86_400)),
        ('{ ref = "env:A", until = 1970-01-02T00:00:00.9Z }', SecretReference("env:A", 86_400)),
        ('{ ref = "env:A", until = 1970-01-02T02:00:00+02:00 }', SecretReference("env:A", 86_400)),
    ],
)
def test_a_reference(tmp_path: Path, entry: str, expected: SecretReference) -> None:
    path = tmp_path / "hooks.toml"
    path.write_text(GOOD.replace('"env:A"', entry, 1))
    assert (expected,) == load_hooks(path).sources["a"].secrets


def test_an_end_is_that_second() -> None:
    reference = SecretReference("env:A", 86_400)
    assert [True, True, False] == [reference.live(now) for now in (0, 86_399, 86_400)]
    assert SecretReference("env:A").live(2**40)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("default_source", "defualt_source", "defualt_source: unknown key; allowed: "),
        ('"a"\n', '"b"\n', "default_source: must be one of a (got 'b')"),
        ('"a"\n', "1\n", "default_source: must be a text, not a whole number"),
        ("[sources.a]", "retention_days = 0\n[sources.a]", "retention_days: must be 1 to 3650"),
        ("[sources.a]", "[sources.A]", "sources.A: a name has lower-case letters"),
        ("[sources.a]", "[sources.a_b]", "sources.a_b: a name has lower-case letters, digits and inner hyphens, up"),
        (
            "[sources.a]",
            "[connections._x]\n[sources.a]",
            "connections._x: a name has lower-case letters, digits and inner",
        ),
        (
            'definition = "w"',
            'definition = "w"\nconnections = ["b"]\n[connections.a_b]\nurl = "https://a.example"',
            "workflows.w.connections: must be one of a_b (got 'b')",
        ),
        ('sender = "generic"', 'sender = "gihub"', "sources.a.sender: must be one of adyen, "),
        ('sender = "generic"', 'sender = "../x"', "sources.a.sender: must be one of adyen, "),
        ('sender = "generic"', "", "sources.a.sender: name a sender ("),
        ('sender = "generic"', 'signature = {scheme = "x"}', "sources.a.signature.scheme: must be one of "),
        ('sender = "generic"', 'signature = {scheme = "hmac"}', "sources.a.signature.header: give one place of the"),
        (
            'sender = "generic"',
            'signature = {scheme = "hmac", header = "X", tolerence = 1}',
            "sources.a.signature.tolerence: unknown key; allowed: algorithm,",
        ),
        (
            'sender = "generic"',
            'signature = {scheme = "hmac", header = "X", tolerance = "5m"}',
            "sources.a.signature.tolerance: must be a whole number (got '5m')",
        ),
        ('sender = "generic"', 'sender = "generic"\nsignature = 1', "sources.a.signature: must be a table"),
        (
            'sender = "generic"',
            'sender = "generic"\npass_headers = ["X-Signature"]',
            "sources.a.pass_headers: 'x-signature' may hold a secret",
        ),
        (
            'sender = "generic"',
            'sender = "generic"\nevent = {pass_headers = "x"}',
            "sources.a.event.pass_headers: write",
        ),
        ('workflow = "w"', 'workflows = ["x"]', "sources.a.workflow: must be one of w (got 'x')"),
        ('workflow = "w"', 'workflow = "w"\nworkflows = ["x"]', "sources.a.workflows: must be one of w (got 'x')"),
        ('workflow = "w"', 'workflow = "w"\nworkflows = ["w"]', "sources.a.workflows: name each workflow once"),
        ('workflow = "w"', 'workflows = ["w", "w"]', "sources.a.workflows: name each workflow once"),
        ('workflow = "w"', "workflows = []", "sources.a.workflow: is missing"),
        (
            'workflow = "w"\n[workflows.w]',
            'workflow = "w"\nworkflows = ["x"]\n[workflows.x]\nengine = "stepfunctions"\ndefinition = "x"\n'
            "express = true\n[workflows.w]",
            "sources.a.workflows: an Express machine goes alone",
        ),
        ('sender = "generic"', 'sender = "generic"\ndelay = "n"\nstart_at = "n"', "sources.a.delay: start_at is there"),
        ('sender = "generic"', 'sender = "generic"\nstart_at = "("', "sources.a.start_at: is not JMESPath"),
        (
            '[workflows.w]\nengine = "stepfunctions"',
            'delay = "n"\n[workflows.w]\nexpress = true\nengine = "stepfunctions"',
            "sources.a.delay: is not for an Express machine",
        ),
        (
            'sender = "generic"',
            'sender = "generic"\non_paused = "wait"',
            "sources.a.on_paused: must be one of hold",
        ),
        ('sender = "generic"', 'sender = "generic"\nbody = "yaml"', "sources.a.body: must be one of json, form, xml,"),
        (
            'sender = "generic"',
            'sender = "generic"\nbody = "query"',
            "sources.a.body: query needs a signature",
        ),
        (
            'sender = "generic"',
            'sender = "cloudevents"\nbody = "xml"',
            "sources.a.body: leave it out: a CloudEvent",
        ),
        ('sender = "generic"', 'sender = "generic"\nwhen = 1', "sources.a.when: must be a text, not a whole number"),
        ('sender = "generic"', 'sender = "generic"\nwhen = "a b"', "sources.a.when: is not JMESPath: Unexpected token"),
        (
            'sender = "generic"',
            'sender = "generic"\ntransform = "f(a)"',
            "sources.a.transform: there is no function 'f'",
        ),
        ('sender = "generic"', 'sender = "generic"\nevent = {action = 1}', "sources.a.event.action: write { header ="),
        ('sender = "generic"', 'sender = "generic"\nevent = {id = 1}', "sources.a.event.id: write { header ="),
        ('secrets = ["env:A"]', "", "sources.a.secrets: name at least one, newest first"),
        ('["env:A"]', "[]", "sources.a.secrets: name at least one, newest first"),
        ('["env:A"]', '"env:A"', "sources.a.secrets: must be a list, not a text"),
        (
            '["env:A"]',
            "[1]",
            "sources.a.secrets: entry 1 is not a reference: write env:NAME, file:PATH, secretsmanager:",
        ),
        ('["env:A"]', '["s3cret-in-the-file"]', "sources.a.secrets: entry 1 is not a reference: write env:"),
        ('["env:A"]', '["env:A", "ssm:relative"]', "sources.a.secrets: entry 2 is not a reference: write env:"),
        ('["env:A"]', '["secretsmanager:a#"]', "sources.a.secrets: entry 1 is not a reference: write env:"),
        ('["env:A"]', '["file:a\\u0000"]', "sources.a.secrets: entry 1 is not a reference: write env:"),
        ('["env:A"]', "[{ until = 2026-12-31 }]", "sources.a.secrets: entry 1 is not a reference: write env:"),
        ('["env:A"]', '[{ ref = "env:A", end = 1 }]', "sources.a.secrets: entry 1 has an unknown key; write { ref ="),
        (
            '["env:A"]',
            '[{ ref = "env:A", until = "2026-12-31" }]',
            "sources.a.secrets: entry 1: until: write a TOML date",
        ),
        ('["env:A"]', '[{ ref = "env:A", until = 08:00:00 }]', "sources.a.secrets: entry 1: until: write a TOML date"),
        (
            '["env:A"]',
            '[{ ref = "env:A", until = 2026-12-31T08:00:00 }]',
            "sources.a.secrets: entry 1: until: has no offset",
        ),
        (
            '["env:A"]',
            '[{ ref = "env:A", until = 9999-12-31 }]',
            "sources.a.secrets: entry 1: until: is beyond the calendar",
        ),
        ('workflow = "w"', "", "sources.a.workflow: is missing"),
        ('workflow = "w"', 'workflow = "x"', "sources.a.workflow: must be one of w (got 'x')"),
        (
            'workflow = "w"',
            'workflow = "w"\nduplicates = "drop"',
            "sources.a.duplicates: must be one of return, reject, restart (got 'drop')",
        ),
        (
            'workflow = "w"',
            'workflow = "w"\nreplays = "reject"',
            "sources.a.replays: must be one of start, refuse (got 'reject')",
        ),
        (
            'workflow = "w"',
            'workflow = "w"\nreplays = "refuse"',
            "sources.a.replays: is for senders that sign their body",
        ),
        ('workflow = "w"', 'workflow = "w"\nmax_body = 6000001', "sources.a.max_body: must be 1 to 6000000"),
        (
            'workflow = "w"',
            'workflow = "w"\nmax_body = true',
            "sources.a.max_body: must be a whole number, not true or false",
        ),
        (
            'workflow = "w"',
            'workflow = "w"\nkeep = "all"',
            "sources.a.keep: must be one of none, facts, full (got 'all')",
        ),
        ('workflow = "w"', 'workflow = "w"\nkeep_days = 401', "sources.a.keep_days: must be 1 to 400"),
        *(
            (
                'workflow = "w"',
                f'workflow = "w"\nkeep_headers = ["X-Fine", "{name}"]',
                f"sources.a.keep_headers: {name.lower()!r} may hold a secret, and is never kept; leave it out",
            )
            for name in ("Authorization", "Cookie", "X-Signature", "X-Api-Key", "X-Shop-Token")
        ),
        (
            'workflow = "w"',
            f'workflow = "w"\nkeep_headers = {[f"x-{number}" for number in range(17)]}',
            "sources.a.keep_headers: must be 16 names at most",
        ),
        ('engine = "stepfunctions"', 'engine = "cron"', "workflows.w.engine: must be one of stepfunctions, "),
        ('definition = "w"', "", "workflows.w.definition: is missing"),
        ('definition = "w"', 'definition = "w"\nstatus = "on"', "workflows.w.status: must be one of draft, active"),
        ('definition = "w"', 'definition = "w"\ninput_schema = "x.json"', "workflows.w.input_schema: x.json cannot be"),
        ("[workflows.w]", "[workflows.w", "is not TOML:"),
    ],
)
def test_mistakes(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigurationError) as refusal:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert str(refusal.value).startswith(f"hooks.toml: {message}")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("sender", "refuses"),
    [
        ('sender = "github"', False),
        ('sender = "github"\nreplays = "start"', False),
        ('sender = "github"\nreplays = "refuse"', True),
        # An id of its own choice, in a header that nothing covers.
        ('replays = "refuse"\nsignature = {scheme = "hmac", header = "X"}\nevent = {id = {header = "Y"}}', True),
        ('sender = "generic"\nreplays = "refuse"\nevent = {id = {header = "Y"}}', True),
    ],
)
def test_what_a_replay_does(tmp_path: Path, sender: str, refuses: bool) -> None:
    path = tmp_path / "hooks.toml"
    path.write_text(GOOD.replace('sender = "generic"', sender))
    assert refuses is load_hooks(path).sources["a"].refuses_replays


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"^hooks\.toml: cannot be read: No such file"):
        load_hooks(tmp_path / "hooks.toml")


def test_a_schema_that_is_itself_wrong(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"type": "objekt"}')
    path = tmp_path / "hooks.toml"
    path.write_text(GOOD + 'input_schema = "s.json"\n')
    with pytest.raises(ConfigurationError, match=r"^hooks\.toml: workflows\.w\.input_schema: not a JSON Schema: \$"):
        check_schemas(load_hooks(path))
