"""Static checks: what is wrong with code as it stands, before anything runs; and what its tests leave out."""

from motet.tools.checks.check import acheck, check
from motet.tools.checks.coverage import Coverage, NoCoverageError, acover, cover
from motet.tools.checks.findings import CheckFinding, CheckKind, Checks
from motet.tools.checks.security import NoScreenError, SecurityFinding, ascreen, screen

__all__ = [
    "CheckFinding",
    "CheckKind",
    "Checks",
    "Coverage",
    "NoCoverageError",
    "NoScreenError",
    "SecurityFinding",
    "acheck",
    "acover",
    "ascreen",
    "check",
    "cover",
    "screen",
]
