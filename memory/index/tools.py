"""Tools with which an agent finds its way in a repository, and never out of it."""

import asyncio
import functools
import os
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from langchain_core.tools import BaseTool, StructuredTool, ToolException

from motet.memory.index.code_index import CodeIndex
from motet.memory.index.found import Found
from motet.memory.index.locating import find_references as look_for_references
from motet.memory.index.locating import find_symbol
from motet.memory.index.refreshing import decoded
from motet.memory.index.repo_map import repo_map as draw_map
from motet.tools.git import listed

LONGEST = 12_000
"""Characters of an answer: about four thousand tokens, so that a dozen still fit in a common context."""
LINES = 200
"""Lines of a file that are read at once unless more are asked for."""
SHOWN = 12
"""Lines of each piece that a search shows; `read_symbol` gives the rest."""
MOST = 50
LARGEST = 5_000_000
LONGEST_PATH = 1000


def create_code_tools(index: CodeIndex) -> list[BaseTool]:
    """Make the tools for one repository: `search_code`, `read_symbol`, `find_references`, `read_file`, `list_files`
    and `repo_map`. They only read, show nothing that git ignores, and a bad argument is told to the model.

    Example:
        ```python
        agent = create_agent("openai:gpt-5", create_code_tools(CodeIndex("path/to/repository", embeddings=None)))
        ```

    Args:
        index: Of the repository.
    """
    tools = _Tools(index)
    return [
        _tool(work)
        for work in (
            tools.search_code,
            tools.read_symbol,
            tools.find_references,
            tools.read_file,
            tools.list_files,
            tools.repo_map,
        )
    ]


class _Tools:
    """What the tools do; what a model is told of each is the docstring."""

    def __init__(self, index: CodeIndex) -> None:
        self._index = index

    def search_code(self, question: str, k: int = 8) -> str:
        """Find the code that a question is about. Gives places as path:first-last, with the beginning of each.

        Args:
            question: Words, names, or the whole report of a bug; its first line counts most.
            k: How many places to give, at most 50.
        """
        found = self._index.search(question, max(1, min(k, MOST)))
        return (
            "\n\n".join(_place(one, SHOWN) for one in found) or "Nothing was found. Try other words, or `list_files`."
        )

    def read_symbol(self, symbol: str, path: str = "") -> str:
        """Read the code of a function, method or class by its name, such as `Session.get`.

        Args:
            symbol: The name; `Class.method` where there are several.
            path: Only in this file, if given.
        """
        if path:
            self._own(path)
        found = find_symbol(self._index, symbol, path=_tidy(path) or None)
        if not found:
            raise ToolException(f"Nothing here defines {symbol!r}. `search_code` finds by words.")
        first, rest = found[0], found[1:]
        told = [_bounded(_place(first, None))]
        if rest:
            told.append("Others of that name:")
            told += [f"{one.path}:{one.start_line}-{one.end_line} {one.symbol}" for one in rest[:MOST]]
        return "\n".join(told)

    def find_references(self, name: str, k: int = 30) -> str:
        """List the lines in which a name is used or defined, definitions first.

        Args:
            name: A function, method, class or variable.
            k: How many lines to give, at most 50.
        """
        found = look_for_references(self._index, name, max(1, min(k, MOST)))
        lines = [
            f"{one.path}:{one.line} {'[defines] ' if one.defines else ''}{one.text[:200]}"
            + (f"  (in {one.symbol})" if one.symbol and not one.defines else "")
            for one in found
        ]
        return _bounded("\n".join(lines)) or f"No line here has the name {name!r}."

    def read_file(self, path: str, first_line: int = 1, last_line: int = 0) -> str:
        """Read lines of a file of the repository, with their numbers.

        Args:
            path: From the root of the repository.
            first_line: Where to begin, from 1.
            last_line: Where to end; 200 lines further if left out.
        """
        content = self._read(self._own(path))
        lines = decoded(path, content).removesuffix("\n").split("\n")
        first = max(1, first_line)
        last = min(len(lines), max(first, last_line) if last_line > 0 else first + LINES - 1)
        if first > len(lines):
            raise ToolException(f"{path} has {len(lines)} lines.")
        shown = "\n".join(f"{number:>5}  {lines[number - 1]}" for number in range(first, last + 1))
        return _bounded(f"{path}, lines {first} to {last} of {len(lines)}\n{shown}")

    def list_files(self, pattern: str = "", k: int = 200) -> str:
        """List files of the repository.

        Args:
            pattern: A folder, or a pattern such as `src/**/*.py` or `*test*`; all files if left out.
            k: How many to give at most.
        """
        asked = _tidy(pattern)
        self._check(asked)
        patterns = [f":(glob){asked}", f":(glob){asked}/**"] if asked else []
        patterns += [f":(glob)**/{asked}"] if asked and "/" not in asked else []
        found = sorted(path for path in listed(self._index.root, *patterns) if path.isprintable())
        shown = found[: max(1, k)]
        rest = [f"... {len(found) - len(shown)} more"] if len(found) > len(shown) else []
        return _bounded("\n".join([*shown, *rest])) or f"No file here is like {pattern!r}."

    def repo_map(self, question: str = "", max_tokens: int = 1024) -> str:
        """Draw a map of the repository: the files that matter most, with the signatures of what they define.

        Args:
            question: What it is for; without one, what everything depends on comes first.
            max_tokens: How long it may be, at most 4000.
        """
        drawn = draw_map(self._index, max(1, min(max_tokens, 4000)), question=question)
        return drawn or f"There is no code here, or not one line of its map fits in {max_tokens} tokens."

    def _own(self, path: str) -> str:
        """See that a path is one of the repository's own files."""
        asked = _tidy(path)
        self._check(asked)
        if not asked or asked not in listed(self._index.root, f":(literal){asked}"):
            raise ToolException(f"There is no file {path!r} in the repository. `list_files` shows those there are.")
        real = os.path.realpath(self._index.root / asked)
        if real != os.path.join(self._index.root, asked):
            raise ToolException(f"{path!r} is a link, or lies behind one; only what lies here itself is read.")
        return asked

    def _check(self, asked: str) -> None:
        if len(asked) > LONGEST_PATH or (asked and not asked.isprintable()):
            raise ToolException("That is no path. Paths begin at the root of the repository: src/module.py")
        if asked.startswith("/") or ".." in PurePosixPath(asked).parts:
            raise ToolException(f"{asked!r} leads out of the repository. Paths begin at its root: src/module.py")

    def _read(self, path: str) -> bytes:
        try:
            handle = os.open(self._index.root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                content = file.read(LARGEST + 1)
        except OSError as error:
            raise ToolException(f"{path!r} cannot be read: {error.strerror}.") from error
        if len(content) > LARGEST or b"\0" in content:
            raise ToolException(f"{path!r} is no text that could be shown.")
        return content


def _tidy(path: str) -> str:
    tidied = path.strip().replace("\\", "/").rstrip("/")
    return "" if tidied == "." else tidied.removeprefix("./")


def _place(found: Found, most: int | None) -> str:
    lines = found.text.split("\n")
    shown = lines if most is None or len(lines) <= most else [*lines[:most], f"    ... {len(lines) - most} more lines"]
    return "\n".join([f"{found.path}:{found.start_line}-{found.end_line} {found.symbol or '(module)'}", *shown])


def _bounded(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n[... {len(text) - LONGEST} characters left out]"


def _tool(work: Callable[..., str]) -> BaseTool:
    @functools.wraps(work)
    async def on_another_thread(*args: Any, **kwargs: Any) -> str:
        return await asyncio.to_thread(work, *args, **kwargs)

    tool = StructuredTool.from_function(work, on_another_thread, parse_docstring=True)
    tool.handle_tool_error = tool.handle_validation_error = True  # a bad argument is for the model to mend
    return tool
