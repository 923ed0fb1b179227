"""Sandboxes: where everything that a model wrote is run."""

from motet.tools.sandbox.protocol import (
    Capabilities,
    Execution,
    Files,
    KiB,
    Limits,
    MiB,
    NoSandboxError,
    Sandbox,
    SandboxError,
    Session,
    UnknownSandboxError,
    Verdict,
)
from motet.tools.sandbox.resolve import SandboxStatus, resolve_sandbox, survey

__all__ = [
    "Capabilities",
    "Execution",
    "Files",
    "KiB",
    "Limits",
    "MiB",
    "NoSandboxError",
    "Sandbox",
    "SandboxError",
    "SandboxStatus",
    "Session",
    "UnknownSandboxError",
    "Verdict",
    "resolve_sandbox",
    "survey",
]
