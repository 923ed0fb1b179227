"""Static checks: what is wrong with code as it stands, before anything runs."""

from motet.tools.checks.check import acheck, check
from motet.tools.checks.findings import CheckFinding, CheckKind, Checks

__all__ = ["CheckFinding", "CheckKind", "Checks", "acheck", "check"]
