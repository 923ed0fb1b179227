"""Test runs: cases and pytest files against code that nobody has vouched for."""

from motet.tools.testing.cases import arun_cases, run_cases
from motet.tools.testing.protocol import Case, CaseKind, CaseResult, Outcome, TestRun
from motet.tools.testing.pytests import arun_pytest, run_pytest
from motet.tools.testing.user_tests import NoTestsError, UserTestKind, UserTests, read_tests

__all__ = [
    "Case",
    "CaseKind",
    "CaseResult",
    "NoTestsError",
    "Outcome",
    "TestRun",
    "UserTestKind",
    "UserTests",
    "arun_cases",
    "arun_pytest",
    "read_tests",
    "run_cases",
    "run_pytest",
]
