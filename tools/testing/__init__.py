"""Test runs: cases and pytest files against code that nobody has vouched for."""

from motet.tools.testing.cases import arun_cases, run_cases
from motet.tools.testing.protocol import Case, CaseKind, CaseResult, Outcome, TestRun

__all__ = [
    "Case",
    "CaseKind",
    "CaseResult",
    "Outcome",
    "TestRun",
    "arun_cases",
    "run_cases",
]
