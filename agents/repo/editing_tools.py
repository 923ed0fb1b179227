"""Tools with which an agent changes a repository: in a worktree of its own, with tests that run in the sandbox."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from langchain_core.tools import BaseTool, StructuredTool, ToolException
from pydantic import ValidationError
from pydantic.v1 import ValidationError as OldValidationError

from motet.agents.node import run_in_background
from motet.tools.edits import Block, Delete, EditError, Edits, Rename, Source, apply_edits, overlay
from motet.tools.encodable import encodable
from motet.tools.git import OutsideError, write_changes
from motet.tools.suite import SuiteRun

LINES = 250
LONGEST = 12_000
SHOWN = 12
"""Failing tests that are told."""

RunTests = Callable[[Sequence[str]], Awaitable[SuiteRun]]


def create_editing_tools(worktree: Path, run_tests: RunTests) -> list[BaseTool]:
    """Make the tools `read_file`, `edit_file`, `create_file`, `delete_file`, `rename_file` and `run_tests`.

    A bad argument and an edit that does not fit are told to the model.

    Args:
        worktree: What they change; nothing outside of it can be reached.
        run_tests: Runs tests on the worktree as it is.
    """
    tools = _Tools(worktree, run_tests)
    works = (tools.read_file, tools.edit_file, tools.create_file, tools.delete_file, tools.rename_file)
    made: list[BaseTool] = [StructuredTool.from_function(work, parse_docstring=True) for work in works]
    made.append(
        StructuredTool.from_function(tools.run_tests_now, tools.run_tests, name="run_tests", parse_docstring=True)
    )
    for tool in made:
        tool.handle_tool_error, tool.handle_validation_error = True, _wrong_arguments
    return made


class _Tools:
    """What the tools do; what a model is told of each is the docstring."""

    def __init__(self, worktree: Path, run_tests: RunTests) -> None:
        self._worktree = worktree
        self._run = run_tests

    def read_file(self, path: str, first_line: int = 1, last_line: int = 0) -> str:
        """Read lines of a file as it is now, with their numbers.

        Args:
            path: From the root of the repository.
            first_line: Where to begin, from 1.
            last_line: Where to end; 250 lines further if left out.
        """
        content = self._read(path)
        if content is None or b"\0" in content:
            raise ToolException(f"There is no text file {path!r}.")
        lines = Source.read(content).text.removesuffix("\n").split("\n")
        first = max(1, first_line)
        last = min(len(lines), max(first, last_line) if last_line > 0 else first + LINES - 1)
        shown = "\n".join(f"{number:>5}  {lines[number - 1]}" for number in range(first, last + 1))
        return f"{path}, lines {first} to {last} of {len(lines)}\n{shown}"[:LONGEST]

    def edit_file(self, path: str, old: str, new: str) -> str:
        """Replace a piece of a file. `old` must stand in it exactly once, so give enough lines around it.

        Args:
            path: From the root of the repository.
            old: The lines that are there, without line numbers.
            new: The lines that take their place.
        """
        return self._apply(Block(path=path, search=_lines(old), replace=_lines(new)), f"{path} is changed.")

    def create_file(self, path: str, content: str) -> str:
        """Make a new file.

        Args:
            path: From the root of the repository.
            content: All of it.
        """
        if self._read(path) is not None:
            raise ToolException(f"There is a file {path!r} already; `edit_file` changes it.")
        return self._apply(Block(path=path, search=(), replace=_lines(content)), f"{path} is made.")

    def delete_file(self, path: str) -> str:
        """Remove a file.

        Args:
            path: From the root of the repository.
        """
        return self._apply(Delete(path=path), f"{path} is gone.")

    def rename_file(self, path: str, new_path: str) -> str:
        """Give a file another path.

        Args:
            path: The old one, from the root of the repository.
            new_path: The new one.
        """
        return self._apply(Rename(old=path, path=new_path), f"{path} is {new_path} now.")

    def run_tests_now(self, tests: list[str]) -> str:
        """Run tests of the repository on the files as they are now.

        Args:
            tests: Test files, or ids such as `tests/test_a.py::test_b`.
        """
        return run_in_background(self.run_tests(tests))

    async def run_tests(self, tests: list[str]) -> str:
        """As `run_tests_now`, without blocking the event loop."""
        run = await self._run(tests)
        failing = [one for one in run.results if one.outcome in ("failed", "error", "timeout")]
        told = [f"{len(run.passed)} passed, {len(failing)} did not."]
        told += [run.problem] if run.problem else []
        told += [f"{one.id}: {one.outcome}: {one.detail or one.message}"[-1500:] for one in failing[:SHOWN]]
        return "\n\n".join(told)[:LONGEST]

    def _read(self, path: str) -> bytes | None:
        try:
            place = self._worktree / path
            real = place.resolve()
            is_inside = real == self._worktree.resolve() / path and ".git" not in Path(path).parts
            return place.read_bytes() if is_inside and place.is_file() else None
        except (OSError, ValueError):  # a path that no system takes
            return None

    def _apply(self, step: Block | Delete | Rename, done: str) -> str:
        try:
            write_changes(self._worktree, overlay(apply_edits(Edits(steps=(step,)), self._read)))
        except (EditError, OutsideError) as error:
            raise ToolException(str(error)) from error
        return done


def _lines(text: str) -> tuple[str, ...]:
    plain = encodable(text).replace("\r\n", "\n").removesuffix("\n")
    return tuple(plain.split("\n")) if text else ()


def _wrong_arguments(error: ValidationError | OldValidationError) -> str:
    wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
    return f"The tool was not used, because of its arguments: {wrong}."
