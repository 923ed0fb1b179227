"""From a failing run to a diagnosis: what was asked, what came, and where in the code, with the values there."""

from motet.tools.diagnosis.diagnosis import Diagnosis, DiagnosisKind, Frame
from motet.tools.diagnosis.reading import read_traceback
from motet.tools.diagnosis.rerun import adiagnose_case, adiagnose_test, diagnose_case, diagnose_test

__all__ = [
    "Diagnosis",
    "DiagnosisKind",
    "Frame",
    "adiagnose_case",
    "adiagnose_test",
    "diagnose_case",
    "diagnose_test",
    "read_traceback",
]
