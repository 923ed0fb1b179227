"""Secrets that a change brings."""

from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from motet.tools.checks.change_findings import ChangedFile, ChangeFinding
from motet.tools.checks.change_lines import LineChange, text_of
from motet.tools.secrets import find_secrets

PRIVATE_NAMES = frozenset({"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", ".netrc", ".pypirc", ".htpasswd", ".pgpass"})
PRIVATE_SUFFIXES = (".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk")
EXAMPLES = ("example", "sample", "template", "dist", "default", "defaults", "schema")
"""Endings of `.env` files that are made to be shared."""


def new_secrets(change: Sequence[ChangedFile]) -> Iterator[ChangeFinding]:
    """Find keys in added lines, and added files that hold nothing but secrets. What only moved is not new."""
    texts = {file.path: LineChange(text_of(file.before), text_of(file.after)) for file in change}
    old = {line.strip() for text in texts.values() for line in text.before}
    for file in change:
        if file.before is None and file.after and _is_private(file.path):
            message = f"{file.path} is a file for secrets, which must not be in a repository."
            yield ChangeFinding(kind="secret", path=file.path, line=None, message=message, blocks=True)
        lines = texts[file.path]
        for number in sorted(lines.added):
            line = lines.after[number - 1]
            found = dict(find_secrets(line)) if line.strip() not in old else {}
            for kind in found:
                message = f"This line holds a secret ({kind}). Read it from the environment instead."
                yield ChangeFinding(kind="secret", path=file.path, line=number, message=message, blocks=True, name=kind)


def _is_private(path: str) -> bool:
    name = PurePosixPath(path).name.lower()
    if name == ".env" or name.startswith(".env."):
        return not name.endswith(EXAMPLES)
    return name in PRIVATE_NAMES or name.endswith(PRIVATE_SUFFIXES)
