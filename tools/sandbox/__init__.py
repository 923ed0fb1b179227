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
    Verdict,
)

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
    "Session",
    "Verdict",
]
