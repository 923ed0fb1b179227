"""Single results from what a test command printed: the lines of `pytest -rA` or `-v`, and of unittest's `-v`."""

import re

from motet.tools.suite.results import SuiteOutcome, SuiteRun, TestResult

OUTCOMES: dict[str, SuiteOutcome] = {
    "PASSED": "passed",
    "XPASS": "passed",
    "FAILED": "failed",
    "ERROR": "error",
    "SKIPPED": "skipped",
    "XFAIL": "skipped",
    "ok": "passed",
    "FAIL": "failed",
    "skipped": "skipped",
    "expected failure": "skipped",
    "unexpected success": "failed",
}
SUMMARY = re.compile(r"^(PASSED|FAILED|ERROR|XFAIL|XPASS) (\S+\.py(?:::.+?)?)(?: - (.*))?$")
VERBOSE = re.compile(r"^(\S+\.py::.+?) (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b")
UNITTEST = re.compile(r"^(\w+) \(([\w.]+)\).*?\.\.\. .*?(ok|FAIL|ERROR|skipped|expected failure|unexpected success)\b")


def read_results(run: SuiteRun) -> SuiteRun:
    """The run with the results that its output names, and that of the command itself as the last.

    What is printed can be made up by the code under test: only the command's own result, its exit code, decides.
    """
    found: dict[str, TestResult] = {}
    for line in run.output.splitlines():
        read = _read(line.rstrip())
        if read is not None and (read.id not in found or not found[read.id].message):
            found[read.id] = read
    if run.tampering is not None:
        return run
    return run.model_copy(update={"results": (*found.values(), *run.results)})


def _read(line: str) -> TestResult | None:
    if match := SUMMARY.match(line):
        return TestResult(id=match[2], outcome=OUTCOMES[match[1]], message=match[3] or "")
    if match := VERBOSE.match(line):
        return TestResult(id=match[1], outcome=OUTCOMES[match[2]])
    if match := UNITTEST.match(line):
        qualified = match[2] if match[2].endswith(f".{match[1]}") else f"{match[2]}.{match[1]}"
        return TestResult(id=qualified, outcome=OUTCOMES[match[3]])
    return None
