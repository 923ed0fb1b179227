"""Finds keys that must not stand in code; only shapes that belong to one issuer, so that a finding is a fact."""

import re

SHAPES = {
    "AWS access key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "GitHub token": r"\b(?:gh[pousr]_[0-9A-Za-z]{36,}|github_pat_[0-9A-Za-z_]{50,})\b",
    "OpenAI or Anthropic key": r"\bsk-(?:proj-|ant-)?[0-9A-Za-z_-]{32,}\b",
    "Google API key": r"\bAIza[0-9A-Za-z_-]{35}\b",
    "Slack token": r"\bxox[abprs]-[0-9A-Za-z-]{10,}\b",
    "Stripe key": r"\b[sr]k_live_[0-9A-Za-z]{20,}\b",
    "private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----",
}


def find_secrets(text: str) -> tuple[tuple[str, int], ...]:
    """What kind of secret stands in which line."""
    return tuple(
        (kind, number)
        for number, line in enumerate(text.splitlines(), 1)
        for kind, shape in SHAPES.items()
        if re.search(shape, line)
    )
