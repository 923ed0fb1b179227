"""Repair tasks: real packages with small mistakes in them, told as issues, scored by the tests that notice."""

from motet.evals.repairs.checking import CheckedTask, check_suite
from motet.evals.repairs.fetching import FetchError, fetch_package
from motet.evals.repairs.generating import make_tasks
from motet.evals.repairs.ground import NoTestsError
from motet.evals.repairs.laying_out import WrongPackageError, lay_out
from motet.evals.repairs.package import Package, UnknownPackageError, find_package, read_packages
from motet.evals.repairs.repair_task import Level, RepairTask, read_suite, write_suite
from motet.evals.repairs.scoring import Score, score

__all__ = [
    "CheckedTask",
    "FetchError",
    "Level",
    "NoTestsError",
    "Package",
    "RepairTask",
    "Score",
    "UnknownPackageError",
    "WrongPackageError",
    "check_suite",
    "fetch_package",
    "find_package",
    "lay_out",
    "make_tasks",
    "read_packages",
    "read_suite",
    "score",
    "write_suite",
]
