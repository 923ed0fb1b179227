"""What a change does to tests that were there: a patch must not pass because the tests say something else now.

Tests that are added are fine, and so are further cases of a test that was there.
"""

import ast
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from motet.tools.checks.change_findings import ChangedFile, ChangeFinding, ChangeFindingKind, Side
from motet.tools.checks.change_lines import LineChange, lines_of, text_of
from motet.tools.checks.change_test_settings import changed_settings
from motet.tools.checks.change_test_units import SWITCHES, WHOLE, Definition, Unit, names_in, skips, units_of
from motet.tools.source import parse_python

Units = dict[str, Unit]


class _Sides(NamedTuple):
    """What one test file consists of; `None` where there is no file, or none that can be read."""

    before: Units | None
    after: Units | None


def changed_tests(change: Sequence[ChangedFile], is_test: Callable[[str], bool]) -> Iterator[ChangeFinding]:
    """Find existing tests that say something else, are gone or no longer run, and settings that change the run.

    Args:
        change: All of the change.
        is_test: Which paths belong to the tests.
    """
    files = [file for file in change if is_test(file.path)]
    sides = {file.path: _sides(file) for file in files if file.path.endswith(".py")}
    added = {
        unit.text
        for one in sides.values()
        for name, unit in (one.after or {}).items()
        if unit.kind == "test" and name not in (one.before or {})
    }
    for file in change:
        if settings := changed_settings(file):
            yield settings
        elif file.before is not None and file in files and file.path.rpartition("/")[2] != "conftest.py":
            yield from _changed_file(file, sides.get(file.path), added)


def _sides(file: ChangedFile) -> _Sides:
    return _Sides(_units(file.before), _units(file.after))


def _units(content: bytes | None) -> Units | None:
    tree = None if content is None else parse_python(text_of(content, python=True))
    try:
        return units_of(tree) if tree else None
    except RecursionError:  # deeper than anybody writes
        return None


def _changed_file(file: ChangedFile, sides: _Sides | None, added: set[str]) -> Iterator[ChangeFinding]:
    """What happened to one file of the tests.

    Args:
        file: It was there before.
        sides: What it consists of, if it is Python.
        added: What tests say that are new where they stand: some may have moved there.
    """
    if sides is None or sides.before is None or (sides.after is None and file.after is not None):
        yield from _changed_text(file)
    elif sides.after is None:
        yield from _deleted_file(file.path, sides.before, added)
    else:
        yield from _deleted_units(file.path, sides.before, sides.after, added)
        lines = LineChange(text_of(file.before, python=True), text_of(file.after, python=True))
        yield from _changed_units(file.path, sides.before, sides.after, lines)
        yield from _felt_units(file.path, sides.before, sides.after)


def _changed_text(file: ChangedFile) -> Iterator[ChangeFinding]:
    """What tests compare with, and files that cannot be read."""
    old, new = lines_of(text_of(file.before)), lines_of(text_of(file.after))
    if file.after is None and old:
        yield _finding(
            "deleted_test", file.path, None, f"The file {file.path} of the tests was deleted.", side="before"
        )
    elif old != new:
        yield _finding("changed_test", file.path, None, f"The test file {file.path} says something else now.")


def _deleted_file(path: str, old: Units, added: set[str]) -> Iterator[ChangeFinding]:
    tests = [unit for unit in old.values() if unit.kind == "test"]
    gone = [unit for unit in tests if unit.text not in added]
    if gone or (len(old) > 1 and not tests):
        count = f" with {len(gone)} of its tests" if gone else ""
        message = f"The test file {path} was deleted{count}."
        yield _finding("deleted_test", path, None, message, side="before")


def _deleted_units(path: str, old: Units, new: Units, added: set[str]) -> Iterator[ChangeFinding]:
    for name, unit in old.items():
        if name in new or unit.text in added or isinstance(unit.node, ast.ClassDef):
            continue  # of a class it is told for each of its tests
        if unit.kind == "test":
            yield _finding("deleted_test", path, unit.line, f"The test `{name}` was deleted.", name=name, side="before")
        elif unit.kind == "fixture":
            message = f"`{name}`, which tests use, was deleted."
            yield _finding("changed_test", path, unit.line, message, name=name, side="before")


def _changed_units(path: str, old: Units, new: Units, lines: LineChange) -> Iterator[ChangeFinding]:
    has_tests = any(unit.kind == "test" for unit in old.values())
    used = Counter(word for unit in old.values() for word in set(names_in(unit.node)))
    for name, unit in old.items():
        now = new.get(name)
        if now is None:
            continue
        word = name.rpartition(".")[2]
        told = f"`{name}`" if name != WHOLE else f"The whole file {path}"
        if now.skips > unit.skips:
            message = f"{told} is skipped now, or need not pass any more."
            yield _finding("deleted_test", path, _touched_line(now, lines), message, name=name or None)
        elif now.text != unit.text and not (now.around == unit.around and _only_grew(unit.node, now.node)):
            is_used = used[word] > (word in names_in(unit.node))
            if unit.kind == "test":
                yield _finding(
                    "changed_test",
                    path,
                    _touched_line(now, lines),
                    f"The test {told} says something else now.",
                    name=name,
                )
            elif unit.kind == "fixture" or is_used or not has_tests or word in SWITCHES:
                message = f"{told}, which tests use, says something else now."
                yield _finding("changed_test", path, _touched_line(now, lines), message, name=name)


def _felt_units(path: str, old: Units, new: Units) -> Iterator[ChangeFinding]:
    """What is new and reaches the tests that were there, though they do not name it."""
    tests = [name for name, unit in old.items() if unit.kind == "test" and name in new]
    for name, unit in new.items():
        owner, point, word = name.rpartition(".")
        is_felt = unit.is_automatic or word in SWITCHES
        if name not in old and is_felt and any(test.startswith(owner + point) for test in tests):
            message = f"`{name}` is new and changes how the existing tests run."
            yield _finding("changed_test", path, unit.line, message, name=name)


def _touched_line(unit: Unit, lines: LineChange) -> int | None:
    """The first line of it that the change touched, or else its own."""
    touched = lines.touched & set(range(unit.first, unit.last + 1))
    return min(touched, default=unit.line)


def _only_grew(old: ast.AST, new: ast.AST) -> bool:
    """Whether only cases were added, to a table or to what a test is parametrized with; or a skip was taken away."""
    if isinstance(old, ast.Assign) and isinstance(new, ast.Assign):
        return not set(names_in(old)) & SWITCHES and _has_all(old.value, new.value)
    if not isinstance(old, Definition) or not isinstance(new, Definition):
        return False
    # A test that need not be skipped any more says more than before.
    marks = [mark for mark in old.decorator_list if not (skips(mark) and not skips(new))]
    more = new.decorator_list
    if len(marks) != len(more) or _undecorated(old) != _undecorated(new):
        return False
    pairs = zip(marks, more, strict=True)
    return all(ast.dump(one) == ast.dump(other) or _has_more_cases(one, other) for one, other in pairs)


def _undecorated(node: Definition) -> str:
    fields: dict[str, Any] = {**dict(ast.iter_fields(node)), "decorator_list": []}
    return ast.dump(type(node)(**fields))


def _has_more_cases(old: ast.expr, new: ast.expr) -> bool:
    match old, new:
        case ast.Call(args=[what, cases, *_]), ast.Call(args=[same, more, *_]):
            is_parametrized = isinstance(old.func, ast.Attribute) and old.func.attr == "parametrize"
            rest = [ast.dump(ast.Call(one.func, [what, *one.args[2:]], one.keywords)) for one in (old, new)]
            return is_parametrized and ast.dump(what) == ast.dump(same) and rest[0] == rest[1] and _has_all(cases, more)
    return False


def _has_all(old: ast.expr, new: ast.expr) -> bool:
    """Whether one literal has all that another has, in its order."""
    if type(old) is not type(new):
        return False
    match old, new:
        case ast.Dict(), ast.Dict():
            rows = [
                [f"{key and ast.dump(key)}: {ast.dump(value)}" for key, value in zip(one.keys, one.values, strict=True)]
                for one in (old, new)
            ]
        case ((ast.List() | ast.Tuple() | ast.Set()), (ast.List() | ast.Tuple() | ast.Set())):
            rows = [[ast.dump(item) for item in one.elts] for one in (old, new)]
        case _:
            return False
    left = iter(rows[1])
    return all(row in left for row in rows[0])


def _finding(
    kind: ChangeFindingKind, path: str, line: int | None, message: str, *, name: str | None = None, side: Side = "after"
) -> ChangeFinding:
    return ChangeFinding(kind=kind, path=path, line=line, message=message, blocks=True, side=side, name=name)
