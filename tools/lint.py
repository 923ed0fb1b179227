"""Lint findings that are facts about the code: what ruff's checks for certain errors report."""

import json
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from motet.tools.sandbox import SandboxError, Session

ERROR_RULES = ("E9", "F63", "F7", "F82")
"""Rules of ruff whose findings are errors at run time: syntax, misused comparisons and statements, undefined names."""


class LintFinding(BaseModel):
    """One finding of ruff."""

    model_config = ConfigDict(frozen=True)

    rule: str
    message: str
    line: int | None


async def alint(session: Session, code: str, *, rules: Sequence[str] = ERROR_RULES) -> tuple[LintFinding, ...]:
    """Check a module with the ruff of the sandbox, without any configuration.

    Raises:
        SandboxError: Ruff did not run or gave no JSON.
    """
    select = ",".join(rules)
    argv = ["ruff", "check", "--isolated", "--no-cache", "--output-format=json", f"--select={select}", "solution.py"]
    done = await session.arun(argv, files={"solution.py": code})
    try:
        rows = json.loads(done.stdout)
    except ValueError as error:
        raise SandboxError(f"ruff gave no findings in the sandbox ({done.verdict}): {done.stderr[-300:]}") from error
    return tuple(
        LintFinding(rule=row["code"] or "syntax", message=row["message"], line=(row.get("location") or {}).get("row"))
        for row in rows
    )
