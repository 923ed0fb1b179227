"""Reads code out of a model's answer: what was meant, without the talk around it."""

import ast
import builtins
import re
import typing

from motet.agents.contract import Contract
from motet.tools.source import defined_names, parse_python

FENCE = re.compile(r"^[ \t]*```[ \t]*[^\n]*\n(?P<code>.*?)(?:^[ \t]*```|\Z)", re.DOTALL | re.MULTILINE)

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class UnreadableAnswerError(ValueError):
    """An answer holds no code that could be a solution."""


def read_code(answer: str, contract: Contract) -> str:
    """Take the solution out of an answer and make a whole module of it.

    The first fenced block that defines the entry point is taken, else the first that parses, else the longest stretch
    of the answer that is Python. Imports and helpers that the task itself gives are put before it where it lacks them;
    example calls, prints and asserts behind the last definition are cut off.

    Raises:
        UnreadableAnswerError: Saying what was wrong with it.
    """
    blocks = [match["code"] for match in FENCE.finditer(answer)] or [_longest_python(answer)]
    modules = [_completed(block, contract) for block in blocks]
    trees = [(module, tree) for module in modules if (tree := parse_python(module)) is not None and tree.body]
    if not trees:
        raise UnreadableAnswerError("The answer holds no Python code that parses.")
    if contract.kind == "program":
        return trees[0][0]
    if contract.entry_point is None:
        return _without_examples(*trees[0])
    for module, tree in trees:
        if contract.defines in defined_names(tree):
            return _without_examples(module, tree)
    raise UnreadableAnswerError(f"No code in the answer defines `{contract.defines}`.")


def main_function(code: str) -> str | None:
    """The name that a solution is most likely called by: its last public top-level function or class."""
    tree = parse_python(code)
    names = [node.name for node in tree.body if isinstance(node, DEFINITIONS)] if tree else []
    public = [name for name in names if not name.startswith("_") and name != "main"]
    return public[-1] if public else None


def _completed(block: str, contract: Contract) -> str:
    """Add what the task gives and the block lacks; a bare body is put under the task's signature."""
    code = block.strip("\n")
    if parse_python(code) is None and contract.signature:
        lines = code.splitlines()
        body = "\n".join(line if line.startswith((" ", "\t")) or not line else f"    {line}" for line in lines)
        if parse_python(f"{contract.signature}\n{body}") is not None:
            code = f"{contract.signature}\n{body}"
    tree = parse_python(code)
    if tree is None:
        return code
    parts = [line for line in contract.imports if line not in code]
    parts += _typing_imports(tree, parts)
    helpers = parse_python(contract.preamble)
    if helpers is not None and not set(defined_names(helpers)) <= set(defined_names(tree)):
        # The block's own version of a helper stands below and wins.
        parts.append(contract.preamble.strip("\n") + "\n\n")
    return "\n".join([*parts, code]) + "\n"


def _typing_imports(tree: ast.Module, imports: list[str]) -> list[str]:
    """Import what annotations use and nobody imports: models copy `List[int]` from tasks that do so too."""
    known = set(defined_names(tree))
    for node in (*ast.walk(ast.parse("\n".join(imports))), *ast.walk(tree)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            known |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    missing = sorted(used & set(typing.__all__) - known - set(dir(builtins)))
    return [f"from typing import {', '.join(missing)}"] if missing and "*" not in known else []


def _without_examples(module: str, tree: ast.Module) -> str:
    """Cut the usage examples that models like to put below a solution."""
    definitions = [at for at, node in enumerate(tree.body) if isinstance(node, DEFINITIONS)]
    if not definitions:
        return module
    trailing = tree.body[definitions[-1] + 1 :]
    used = {
        node.id
        for definition in tree.body[: definitions[-1] + 1]
        for node in ast.walk(definition)
        if isinstance(node, ast.Name)
    }
    for node in trailing:
        usage = isinstance(node, ast.Expr | ast.Assert | ast.Assign | ast.If | ast.For)
        assigns = {leaf.id for leaf in ast.walk(node) if isinstance(leaf, ast.Name) and isinstance(leaf.ctx, ast.Store)}
        if not usage or assigns & used:
            return module
    last = tree.body[definitions[-1]].end_lineno
    return "\n".join(module.splitlines()[:last]) + "\n"


def _longest_python(text: str) -> str:
    """The longest stretch that parses, from a line that looks like code; the whole text where there is none."""
    lines = text.splitlines()
    starts = [at for at, line in enumerate(lines) if re.match(r"(import|from|def|class|async|@)\b|@", line)]
    for start in starts:
        for end in range(len(lines), start, -1):
            stretch = "\n".join(lines[start:end])
            if parse_python(stretch) is not None:
                return stretch
    return text
