"""What a test file consists of: tests, fixtures, and what they rest on, each with what it says."""

import ast
from collections.abc import Iterator
from typing import Literal, NamedTuple

SKIPPING = frozenset(
    {"skip", "skipif", "skipIf", "skipUnless", "xfail", "expectedFailure", "skipTest", "importorskip", "SkipTest"}
)
"""What keeps a test from running or from counting, in pytest and in unittest."""
PREPARING = ("setup", "teardown", "setUp", "tearDown", "asyncSetUp", "asyncTearDown")
"""How methods begin that run around each test."""
SWITCHES = frozenset({"pytestmark", "__test__", "collect_ignore", "collect_ignore_glob", "pytest_plugins"})
"""Variables that say which tests run."""

WHOLE = ""
"""The name of the file itself among its units."""

UnitKind = Literal["test", "fixture", "support"]
Definition = ast.FunctionDef | ast.AsyncFunctionDef


class Unit(NamedTuple):
    """One definition, import or assignment of a test file."""

    kind: UnitKind
    node: ast.AST
    line: int
    around: str
    """The conditions that it stands under, and the module that an import is from."""
    text: str
    """What it says, whatever its format: its syntax tree without docstrings, and what is around."""
    skips: int
    """How often it keeps tests from running."""

    @property
    def first(self) -> int:
        """Its first line, with decorators."""
        marks = self.node.decorator_list if isinstance(self.node, ast.ClassDef | Definition) else []
        return min((mark.lineno for mark in marks), default=self.line)

    @property
    def last(self) -> int:
        """Its last line."""
        return getattr(self.node, "end_lineno", None) or self.line

    @property
    def is_automatic(self) -> bool:
        """Whether it runs around tests that do not name it."""
        if not isinstance(self.node, Definition):
            return False
        calls = [one for one in self.node.decorator_list if isinstance(one, ast.Call)]
        is_told = any(keyword.arg == "autouse" for one in calls for keyword in one.keywords)
        return is_told or self.node.name.startswith(PREPARING)


def units_of(tree: ast.Module) -> dict[str, Unit]:
    """Everything by its name, `TestCart.test_total`; of several of one name the last, which is the one that counts."""
    without_docstrings(tree)
    skipping = list(_module_skips(tree.body))
    whole = Unit("support", ast.Pass(), skipping[-1] if skipping else 1, "", "", len(skipping))
    return {WHOLE: whole, **dict(_units(tree.body, "", ""))}


def without_docstrings(tree: ast.Module) -> None:
    """Take out what only explains."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | Definition):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                node.body = node.body[1:]


def names_in(node: ast.AST) -> Iterator[str]:
    """All names that code mentions, parameters included: those of tests are fixtures."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.Attribute):
            yield inner.attr
        elif isinstance(inner, ast.arg):
            yield inner.arg
        elif isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value.isidentifier():
            yield inner.value  # `usefixtures` and `getfixturevalue` take strings


def skips(node: ast.AST) -> int:
    """How often code keeps tests from running."""
    return sum(_last_name(inner) in SKIPPING for inner in ast.walk(node))


def _module_skips(body: list[ast.stmt]) -> Iterator[int]:
    """The lines that keep all tests of a file from running."""
    for node in body:
        match node:
            case ast.Expr() | ast.Raise():
                yield from [node.lineno] * skips(node)
            case ast.Assign(targets=[ast.Name(id=name)]) if name in SWITCHES:
                yield from [node.lineno] * skips(node)
            case ast.Assign(value=ast.Call(func=function)) if _last_name(function) == "importorskip":
                yield node.lineno
            case ast.If() | ast.Try():
                yield from _module_skips([*node.body, *node.orelse])


def _units(body: list[ast.stmt], owner: str, around: str, is_run: bool = True) -> Iterator[tuple[str, Unit]]:
    """What a body defines.

    Args:
        body: Statements.
        owner: The class that they stand in, with a point.
        around: The conditions that they stand under.
        is_run: Whether tests in there run: those of a class that looks like a class of tests.
    """
    for node in body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield owner + name, _unit(_kind(node, is_run), node, around)
            case ast.ClassDef(name=name, body=inner):
                head = ast.ClassDef(
                    name=name, bases=node.bases, keywords=node.keywords, body=[], decorator_list=node.decorator_list
                )
                runs = name.startswith("Test") or bool(node.bases)
                is_test = any(isinstance(one, Definition) and one.name.startswith("test") for one in inner)
                yield owner + name, _unit("fixture" if is_test and runs else "support", head, around, node.lineno)
                yield from _units(inner, f"{owner}{name}.", around, runs)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                for alias in aliases:
                    source = getattr(node, "module", None), getattr(node, "level", None)
                    name = alias.asname or alias.name.split(".")[0]
                    yield owner + name, _unit("support", alias, f"{around}{source}", node.lineno)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield owner + name, _unit("support", node, around)
            case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While():
                what = ast.dump(getattr(node, "test", None) or ast.Pass())
                for field in ("body", "orelse", "handlers", "finalbody"):
                    parts = getattr(node, field, [])
                    if field == "handlers":
                        parts = [one for part in parts for one in part.body]
                    yield from _units(parts, owner, f"{around}{type(node).__name__} {what} {field}: ", is_run)


def _unit(kind: UnitKind, node: ast.AST, around: str, line: int | None = None) -> Unit:
    first = line or getattr(node, "lineno", 1)
    return Unit(kind, node, first, around, around + ast.dump(node), skips(node))


def _kind(node: Definition, is_run: bool) -> UnitKind:
    marks = {_last_name(one.func if isinstance(one, ast.Call) else one) for one in node.decorator_list}
    if marks & {"fixture", "yield_fixture"} or node.name.startswith(PREPARING):
        return "fixture"
    return "test" if is_run and node.name.startswith("test") else "support"


def _last_name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
