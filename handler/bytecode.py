"""The byte code of the package: as Python compiles it, but dataclasses have methods that were written here, once.

`dataclasses` writes and compiles the methods of each class whenever a process starts: a third of the receiver's INIT.
Here they are written into the class before it is compiled; line numbers and all else are those of the source. What
`dataclasses` knows of a class (its fields) is made when it is asked for: verihook/records.py.
"""

from __future__ import annotations

import ast
import marshal
from dataclasses import dataclass
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path

#: Says in a .pyc that its source has a hash, and is not to be compared (https://peps.python.org/pep-0552).
_UNCHECKED_HASH = (0b01).to_bytes(4, "little")

#: The decorators that are known here; a class with any other is left to `dataclasses`.
_KNOWN = ("dataclass(frozen=True, slots=True)", "dataclass(slots=True)")

#: What is imported of `dataclasses` for the classes alone, and what stands in its place.
_WRITTEN, _FIELDS = ("dataclass", "field"), "_Fields"

_FROZEN = """
def __hash__(self):
    return hash(({}))

def __setattr__(self, name, value):
    from dataclasses import FrozenInstanceError
    raise FrozenInstanceError(f'cannot assign to field {{name!r}}')

def __delattr__(self, name):
    from dataclasses import FrozenInstanceError
    raise FrozenInstanceError(f'cannot delete field {{name!r}}')

def __getstate__(self):
    return [getattr(self, name) for name in self.__match_args__]

def __setstate__(self, state):
    for name, value in zip(self.__match_args__, state):
        object.__setattr__(self, name, value)
"""

_AGAIN = """
@{fields}
def __dataclass_fields__():
 from dataclasses import dataclass, field
 @{decorator}
 class {name}:
  {declared}
 return {name}.__dataclass_fields__
"""


def write(package: Path, shown: str) -> None:
    """Write the byte code of all modules in this folder. ``shown``: the folder's path in tracebacks."""
    for path in package.rglob("*.py"):
        source = path.read_bytes()
        code = compile(expanded(source), f"{shown}/{path.relative_to(package)}", "exec", dont_inherit=True)
        target = Path(cache_from_source(str(path)))
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(MAGIC_NUMBER + _UNCHECKED_HASH + source_hash(source) + marshal.dumps(code))


def expanded(source: bytes) -> ast.Module:
    """A module whose dataclasses need no `dataclasses`."""
    module: ast.Module = _Expansion().visit(ast.parse(source))
    return ast.fix_missing_locations(module)


class _Expansion(ast.NodeTransformer):
    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.ImportFrom]:
        """What classes need now in place of what they needed; the rest of `dataclasses` is imported as it was."""
        if node.module != "dataclasses" or node.col_offset:
            return [node]
        rest = [each for each in node.names if each.name not in _WRITTEN]
        kept = [ast.ImportFrom(node.module, rest, 0)] if rest else []
        needed = [ast.ImportFrom("verihook.records", [ast.alias("Fields", _FIELDS)], 0)] if rest != node.names else []
        return [ast.copy_location(each, node) for each in kept + needed]

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """The class without its decorator, and with what that would add."""
        self.generic_visit(node)
        decorators = [ast.unparse(each) for each in node.decorator_list]
        if not any(each.startswith("dataclass") for each in decorators):
            return node
        if len(decorators) != 1 or decorators[0] not in _KNOWN:
            raise NotImplementedError(f"class {node.name}: a dataclass must be {' or '.join(_KNOWN)}")
        if any(not ast.unparse(each).startswith("Generic") for each in node.bases):
            raise NotImplementedError(
                f"class {node.name}: a dataclass must have no base, whose fields are not seen here"
            )
        # Annotations of TOML tables are read, so they stay; a default would be in the way of its slot.
        declared = [
            each for each in node.body if isinstance(each, ast.AnnAssign) and "ClassVar" not in ast.unparse(each)
        ]
        written = _written(node, declared, decorators[0])
        for each in declared:
            each.value = None
        node.body, node.decorator_list = [*node.body, *written], []
        return node


@dataclass(frozen=True, slots=True)
class _Field:
    """``default``: in Python, "" if there is none; so is ``factory``. ``taken``: whether ``__init__`` takes it."""

    name: str
    default: str
    factory: str
    taken: bool
    shown: bool
    compared: bool

    @classmethod
    def of(cls, node: ast.AnnAssign) -> _Field:
        options = {"default": "", "default_factory": "", "init": "True", "repr": "True", "compare": "True"}
        if isinstance(node.value, ast.Call) and ast.unparse(node.value.func) == "field":
            given = {str(each.arg): ast.unparse(each.value) for each in node.value.keywords}
            if given.keys() - options:
                raise NotImplementedError(f"{ast.unparse(node)}: only {', '.join(options)} can be compiled")
            if given.get("init") == "False" and given.keys().isdisjoint(("default", "default_factory")):
                raise NotImplementedError(f"{ast.unparse(node)}: what __init__ does not take needs a default")
            options |= given
        elif node.value:
            options["default"] = ast.unparse(node.value)
        taken, shown, compared = (options[each] == "True" for each in ("init", "repr", "compare"))
        return cls(ast.unparse(node.target), options["default"], options["default_factory"], taken, shown, compared)

    @property
    def parameter(self) -> str:
        # A factory makes a new value for each object, so its default only says that there was none.
        default = self.default or ("..." if self.factory else "")
        return f"{self.name}={default}" if default else self.name

    @property
    def value(self) -> str:
        if not self.taken:
            return self.default or f"{self.factory}()"
        return f"{self.factory}() if {self.name} is ... else {self.name}" if self.factory else self.name


def _written(node: ast.ClassDef, declared: list[ast.AnnAssign], decorator: str) -> list[ast.stmt]:
    """What the decorator would add to this class. A method that it has itself is kept."""
    own = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
    text = _methods([_Field.of(each) for each in declared], own, frozen="frozen" in decorator)
    added = [each for each in ast.parse(text).body if not (isinstance(each, ast.FunctionDef) and each.name in own)]
    again = "\n  ".join(ast.unparse(each) for each in declared) or "pass"
    added += ast.parse(_AGAIN.format(fields=_FIELDS, decorator=decorator, name=node.name, declared=again)).body
    for each in added:
        for part in ast.walk(each):
            if isinstance(part, (ast.stmt, ast.expr, ast.arg, ast.keyword, ast.alias)):
                ast.copy_location(part, node)
    return added


def _methods(fields: list[_Field], own: set[str], *, frozen: bool) -> str:
    assign = "object.__setattr__(self, {0!r}, {1})" if frozen else "self.{0} = {1}"
    body = [assign.format(field.name, field.value) for field in fields]
    body += ["self.__post_init__()"] if "__post_init__" in own else []
    shown = ", ".join(f"{field.name}={{self.{field.name}!r}}" for field in fields if field.shown)
    one, other = (
        "".join(f"{whose}.{field.name}, " for field in fields if field.compared) for whose in ("self", "other")
    )
    taken = [field for field in fields if field.taken]
    return f"""
__slots__ = {tuple(field.name for field in fields)!r}
__match_args__ = {tuple(field.name for field in taken)!r}

def __init__({", ".join(["self", *(field.parameter for field in taken)])}):
    {"; ".join(body) or "pass"}

def __repr__(self):
    return f"{{self.__class__.__qualname__}}({shown})"

def __eq__(self, other):
    return ({one}) == ({other}) if other.__class__ is self.__class__ else NotImplemented

{_FROZEN.format(one) if frozen else "__hash__ = None"}
"""
