"""Facts that stand in a candidate's code, found before it runs."""

from motet.agents.evidence import Finding
from motet.tools.checks import acheck
from motet.tools.sandbox import Session
from motet.tools.secrets import find_secrets


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
