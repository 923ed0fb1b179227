"""A repository's own tests: how they are run, and what they show on its files with changes over them."""

from motet.tools.suite.affected import affected_tests
from motet.tools.suite.environment import Environment, NoEnvironmentError, find_environment
from motet.tools.suite.results import Reach, SuiteOutcome, SuiteRun, TestResult
from motet.tools.suite.running import arun_suite, run_suite
from motet.tools.suite.setup import SuiteSetup, read_setup
from motet.tools.suite.tree import Entry, Overlay, Tree

__all__ = [
    "Entry",
    "Environment",
    "NoEnvironmentError",
    "Overlay",
    "Reach",
    "SuiteOutcome",
    "SuiteRun",
    "SuiteSetup",
    "TestResult",
    "Tree",
    "affected_tests",
    "arun_suite",
    "find_environment",
    "read_setup",
    "run_suite",
]
