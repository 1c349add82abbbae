"""The key ``entry`` of a source, and whether its function is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from verihook.config import load_hooks
from verihook.config.entry_files import check_entries
from verihook.errors import ConfigurationError

HOOKS = """
[workflows.w]
engine = "function"
definition = "w"

[sources.shop]
sender = "generic"
secrets = ["env:S"]
workflow = "w"
"""


CODE = """def f(request):
    return None
async def later(request):
    return None
def none(): ...
def two(request, context): ...
def named(request, *, context): ...
"""


def loaded(folder: Path, more: str, code: str | None = None) -> None:
    path = folder / "hooks.toml"
    path.write_text(HOOKS + more)
    workflows = folder / "workflows"
    workflows.mkdir()
    if code is not None:
        (workflows / "shop.py").write_text(code)
    check_entries(load_hooks(path), workflows)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("entry = ''", "hooks.toml: sources.shop.entry: is empty; leave it out, or write module:function"),
        ("entry = 'shop'", "hooks.toml: sources.shop.entry: must be module:function, such as"),
        ("entry = 'a.b:c'", "(got 'a.b:c')"),
        ("entry = '../x:c'", "(got '../x:c')"),
        ("entry = 7", "hooks.toml: sources.shop.entry: must be a text, not a whole number"),
        ("entry = 'shop:f'\ntransform = '@'", "hooks.toml: sources.shop.transform: goes without entry"),
        ("entry = 'shop:f'\nwaits = true", "hooks.toml: sources.shop.waits: goes without entry"),
        ("entry = 'shop:f'\nevent = { each = 'items' }", "hooks.toml: sources.shop.each: goes without entry"),
        ("entry = 'shop:f'\nmax_body = 2000001", "hooks.toml: sources.shop.max_body: must be at most 2000000"),
        ("entry = 'shop:f'\nchanged = 'reject'\nkeep = 'none'", "hooks.toml: sources.shop.changed: reject needs keep"),
        ("entry = 'other:f'", "sources.shop.entry: there is no workflows/other.py; write it, with def f(request)"),
        ("entry = 'shop:g'", "sources.shop.entry: workflows/shop.py has no g; write def g(request)"),
        ("entry = 'shop:later'", "sources.shop.entry: workflows/shop.py, line 3: must be a plain function"),
        (
            "entry = 'shop:none'",
            "sources.shop.entry: workflows/shop.py, line 5: must take the request and nothing else",
        ),
        ("entry = 'shop:two'", "workflows/shop.py, line 6: must take the request and nothing else: def two(request)"),
        ("entry = 'shop:named'", "workflows/shop.py, line 7: must take the request"),
    ],
)
def test_mistakes(tmp_path: Path, more: str, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        loaded(tmp_path, more, CODE)
    assert words in str(caught.value)


def test_a_file_that_is_not_python_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"workflows/shop.py, line 2 cannot be read: expected"):
        loaded(tmp_path, "entry = 'shop:f'", "\ndef f(request)\n")


@pytest.mark.parametrize(
    "code",
    [
        "def f(request): ...",
        "def f(request, /): ...",
        "def f(*all): ...",
        "def f(request, context=None, *, more=1, **rest): ...",
        "@with_context\ndef f(request, context): ...",
        "from elsewhere import f",
        "from elsewhere import *",
        "from elsewhere import g as f",
        "f = make()",
        "if True:\n    def f(request): ...",
        "try:\n    from fast import f\nexcept ImportError:\n    f = None",
        "class f: ...",
        "def f(request): ...\ndef other(request, more):\n    for f in (): ...\n    lambda f: f",
    ],
)
def test_a_name_can_be_bound_in_many_ways_and_nothing_is_run(tmp_path: Path, code: str) -> None:
    loaded(tmp_path, "entry = 'shop:f'", f"{code}\nraise SystemExit('it was run')")


def test_a_source_without_an_entry_needs_no_file(tmp_path: Path) -> None:
    loaded(tmp_path, "")
