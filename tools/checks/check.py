"""The door to the static checks: one run in the sandbox, before the code itself runs."""

import ast
import asyncio
import json

from motet.tools.checks.findings import CheckFinding, Checks
from motet.tools.checks.inside import request
from motet.tools.checks.lint import lint_finding, ruff_command
from motet.tools.checks.undefined import certainty
from motet.tools.checks.uses import Use, uses_of
from motet.tools.checks.wording import finding_of
from motet.tools.sandbox import Execution, Limits, MiB, Session
from motet.tools.sandbox.protocol import DEFAULT_LIMITS
from motet.tools.source import parse_python

INSIDE = ("naming", "walking", "lookup")
"""What runs in the sandbox, in the order of imports."""


def check(session: Session, code: str, *, limits: Limits = DEFAULT_LIMITS) -> Checks:
    """Look for what is certain to fail in code, without running it.

    Syntax, undefined names and what else ruff is certain of; modules, attributes and keyword arguments that do not
    exist in the sandbox, found by importing the modules there. What the code guards itself is left alone, and whatever
    is not certain is not reported as blocking: a false alarm does more harm than a miss.

    Args:
        session: Where the code would run.
        code: A whole module.
        limits: For the one run that this takes.
    """
    tree = parse_python(code)
    uses = _uses(tree)
    argv, stdin = _request(code, tree, uses)
    return _read(session.run(argv, stdin=stdin, limits=_wide(limits)), tree, uses)


async def acheck(session: Session, code: str, *, limits: Limits = DEFAULT_LIMITS) -> Checks:
    """As `check`, without blocking the event loop."""
    tree = parse_python(code)
    uses = _uses(tree)
    argv, stdin = await asyncio.to_thread(_request, code, tree, uses)  # it reads files
    return _read(await session.arun(argv, stdin=stdin, limits=_wide(limits)), tree, uses)


def _uses(tree: ast.Module | None) -> tuple[Use, ...]:
    try:
        return uses_of(tree) if tree else ()
    except RecursionError:  # deeper than anybody writes; what remains is what ruff says
        return ()


def _request(code: str, tree: ast.Module | None, uses: tuple[Use, ...]) -> tuple[list[str], bytes]:
    """The command, and what it reads."""
    job = {
        "code": code,
        "uses": [{"paths": use.paths, "keywords": use.keywords, "imports": use.imports} for use in uses],
        "names": sorted(_bound(tree)) if tree else [],
        "ruff": ruff_command(),
    }
    return request(job, INSIDE)


def _bound(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}


def _wide(limits: Limits) -> Limits:
    return limits.model_copy(update={"output_bytes": 16 * MiB, "kept_output_bytes": 32 * MiB})


def _read(done: Execution, tree: ast.Module | None, uses: tuple[Use, ...]) -> Checks:
    try:
        report = json.loads(done.stdout)
    except ValueError:
        reason = done.stderr.strip().splitlines()[-1:] or [done.verdict]
        return Checks(problem=f"The code could not be checked in the sandbox ({done.verdict}): {reason[0][-300:]}")
    if fault := report["syntax"]:
        message = f"Invalid syntax: {fault['message']}."
        return Checks(
            findings=(CheckFinding(kind="syntax", message=message, line=fault["line"], column=fault["column"]),)
        )
    found = [finding_of(use, answer) for use, answer in zip(uses, report["answers"], strict=True) if answer]
    is_certain = certainty(tree, tuple(report["version"]))
    found += [lint_finding(row, report["undefined"], is_certain) for row in report["ruff"] or ()]
    missing = {finding.name for finding in found if finding.blocks}
    found = [one for one in found if one.kind != "unused_import" or one.name not in missing]
    found.sort(key=lambda finding: (not finding.blocks, finding.line or 0))
    problem = f"ruff gave no findings: {report['complaint']}" if report["ruff"] is None else None
    return Checks(findings=tuple(dict.fromkeys(found)), problem=problem)
