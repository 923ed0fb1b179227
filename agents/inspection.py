"""Facts that stand in a candidate's code, found before it runs, and what they explain of what it did then."""

from collections.abc import Mapping

from motet.agents.evidence import Finding, Report
from motet.tools.checks import acheck
from motet.tools.sandbox import Session
from motet.tools.secrets import find_secrets
from motet.tools.testing import CaseResult

RAISED: Mapping[str, tuple[str, ...]] = {
    "syntax": ("SyntaxError", "IndentationError", "TabError"),
    "undefined_name": ("NameError",),
    "unknown_import": ("ModuleNotFoundError", "ImportError"),
    "not_installed": ("ModuleNotFoundError", "ImportError"),
    "unknown_attribute": ("AttributeError", "ImportError"),
    "unknown_argument": ("TypeError",),
}
"""What a finding comes to when its line runs."""


async def inspect_code(session: Session, code: str) -> tuple[Finding, ...]:
    """Look for secrets, for what does not exist, and for what ruff is certain of.

    Where the sandbox could not look, a finding that does not block says so: the run of the tests will tell.
    """
    secrets = [
        Finding(kind="secret", message=f"A {kind} stands in the code.", line=line, blocks=True)
        for kind, line in find_secrets(code)
    ]
    checks = await acheck(session, code)
    unchecked = [Finding(kind="comment", message=checks.problem)] if checks.problem else []
    return (*secrets, *(Finding(**vars(finding)) for finding in checks.findings), *unchecked)


def cause_of(result: CaseResult, report: Report) -> Finding | None:
    """The finding that a failing result comes from, if one does.

    Names what does not exist and what there is instead, which helps a model more than the traceback.
    """
    for finding in report.static:
        missing = (finding.name or "").rstrip("=)").replace("(", ".").split(".")[-1]
        told = f"{result.exception} {result.message}"
        if any(error in told for error in RAISED.get(finding.kind, ())) and missing in told:
            return finding
    return None
