"""The tables ``resume`` and ``metadata`` of a source."""

from __future__ import annotations

from pathlib import Path

import pytest

from verihook.config import Hooks, load_hooks
from verihook.errors import ConfigurationError

SOURCE = """
[sources.a]
sender = "generic"
secrets = ["env:A"]
{more}
[sources.a.resume]
workflow = "order"
match = {{ "metadata.order" = "orderId" }}
{resume}
[workflows.order]
engine = "stepfunctions"
definition = "order"
[workflows.own]
engine = "function"
definition = "own"
[workflows.fast]
engine = "stepfunctions"
definition = "order"
express = true
"""


def load(folder: Path, more: str = 'workflow = "own"', resume: str = "") -> Hooks:
    path = folder / "hooks.toml"
    path.write_text(SOURCE.format(more=more, resume=resume))
    return load_hooks(path)


def test_the_smallest(tmp_path: Path) -> None:
    source = load(tmp_path).sources["a"]
    assert source.resume is not None
    assert ("own", "order", "start", None) == (
        source.workflow,
        source.resume.workflow,
        source.resume.otherwise,
        source.resume.event,
    )
    assert ["metadata.order"] == list(source.resume.match)


def test_one_that_starts_nothing_needs_no_workflow_of_its_own(tmp_path: Path) -> None:
    source = load(tmp_path, "", 'else = "hold"\nhold_hours = 2\nevent = "paid"').sources["a"]
    assert source.resume is not None
    assert ("order", "hold", 7_200_000, "paid") == (
        source.workflow,
        source.resume.otherwise,
        source.resume.hold_ms,
        source.resume.event,
    )
    with pytest.raises(ConfigurationError, match=r"sources\.a\.workflow: is missing"):
        load(tmp_path, "")


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ('workflow = "none"\n', r"sources\.a\.resume\.workflow: must be one of order, own, fast"),
        ("", r"sources\.a\.resume\.workflow: is missing"),
    ],
)
def test_its_workflow_is_named_by_its_own_key(tmp_path: Path, named: str, words: str) -> None:
    path = tmp_path / "hooks.toml"
    text = SOURCE.format(more="", resume='else = "hold"')
    path.write_text(text.replace('workflow = "order"\n', named, 1))
    with pytest.raises(ConfigurationError, match=words):
        load_hooks(path)


@pytest.mark.parametrize(
    ("more", "resume", "words"),
    [
        ('workflows = ["own", "order"]', "", r"sources\.a\.workflows: a source with resume starts one"),
        ('workflow = "own"\nduplicates = "restart"', "", r"sources\.a\.duplicates: with resume a redelivery"),
        ('workflow = "own"\ndelay = "wait"', 'else = "hold"', r"sources\.a\.delay: is for what is started"),
        ('workflow = "fast"', "", r"sources\.a\.workflow: with resume it is no Express machine"),
        ('workflow = "own"', 'else = "wait"', r"resume\.else: must be one of start, hold, ignore"),
        ('workflow = "own"', 'event = "a b"', r"resume\.event: must have 1 to 128"),
        ('workflow = "own"', "hold_hours = 1", r'resume\.hold_hours: is for else = "hold"'),
        ('workflow = "own"', 'else = "hold"\nhold_hours = 721', r"resume\.hold_hours: must be 1 to 720"),
        ('workflow = "own"', 'when = "x"', r"resume\.when: .*else"),
        ('workflow = "own"\nmetadata = { order = "a[" }', "", r"metadata\.order: is not JMESPath"),
        ('workflow = "own"\nmetadata = { order = 7 }', "", r"metadata\.order: must be a text, not a whole number"),
        ('workflow = "own"\nmetadata = { "" = "a" }', "", "a label's name has 1 to 256"),
    ],
)
def test_what_is_wrong_is_said_in_words(tmp_path: Path, more: str, resume: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        load(tmp_path, more, resume)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ('workflow = "order"\n', 'workflow = "none"\n', r"resume\.workflow: must be one of order, own, fast"),
        ('workflow = "order"\n', 'workflow = "own"\n', r"resume\.workflow: must be one that can wait"),
        ('workflow = "order"\n', 'workflow = "fast"\n', r"resume\.workflow: must be one that can wait"),
        ('"metadata.order" = "orderId"', "", r"resume\.match: name at least one label"),
        ('"metadata.order"', '"order"', r"match\.order: is no label"),
        ('"metadata.order"', '"metadata."', r"match\.metadata\.: is no label"),
        ('"metadata.order" = "orderId"', '"tag" = "order["', r"match\.tag: is not JMESPath"),
    ],
)
def test_whom_it_is_for(tmp_path: Path, before: str, after: str, words: str) -> None:
    path = tmp_path / "hooks.toml"
    text = SOURCE.format(more='workflow = "own"', resume="")
    assert before in text
    path.write_text(text.replace(before, after, 1))
    with pytest.raises(ConfigurationError, match=words):
        load_hooks(path)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('sender = "twilio"', None),
        ('sender = "square"\npublic_url = "https://a.example/"', "signs the registered URL"),
        ('sender = "generic"\nbody = "query"', "query"),
        ('sender = "generic"\nevent = { each = "events", id = { json = "id" } }', "several events"),
    ],
)
def test_a_source_whose_deliveries_may_come_to_an_address_of_their_own(
    tmp_path: Path, more: str, words: str | None
) -> None:
    path = tmp_path / "hooks.toml"
    own = SOURCE.partition("[workflows.order]")[2]
    path.write_text(
        f'[sources.a]\n{more}\nsecrets = ["env:A"]\nworkflow = "order"\nwaits = true\n[workflows.order]{own}'
    )
    if words is None:
        assert load_hooks(path).sources["a"].waits
    else:
        with pytest.raises(ConfigurationError, match=words):
            load_hooks(path)
