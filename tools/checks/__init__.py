"""Static checks: what is wrong with code as it stands, before anything runs; and what its tests leave out."""

from motet.tools.checks.change import acheck_change, check_change
from motet.tools.checks.change_findings import ChangeChecks, ChangedFile, ChangeFinding, ChangeFindingKind
from motet.tools.checks.change_lines import added_lines, touched_lines
from motet.tools.checks.check import acheck, check
from motet.tools.checks.coverage import Coverage, NoCoverageError, acover, cover
from motet.tools.checks.findings import CheckFinding, CheckKind, Checks
from motet.tools.checks.security import NoScreenError, SecurityFinding, ascreen, screen

__all__ = [
    "ChangeChecks",
    "ChangeFinding",
    "ChangeFindingKind",
    "ChangedFile",
    "CheckFinding",
    "CheckKind",
    "Checks",
    "Coverage",
    "NoCoverageError",
    "NoScreenError",
    "SecurityFinding",
    "acheck",
    "acheck_change",
    "acover",
    "added_lines",
    "ascreen",
    "check",
    "check_change",
    "cover",
    "screen",
    "touched_lines",
]
