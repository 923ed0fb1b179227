"""Lets a human change a text in the editor that they are used to."""

import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

EDITORS = ("sensible-editor", "nano", "vim", "vi")


class EditorError(Exception):
    """There is no editor, or it failed; the message says what to do."""


def edit_text(text: str, *, suffix: str) -> str:
    """Open a text in the user's editor, and return what was saved.

    Args:
        text: What to begin with.
        suffix: The file's, by which editors know the language.

    Raises:
        EditorError: No editor could be started, or it ended with an error.
    """
    command = _command()
    with tempfile.TemporaryDirectory(prefix="motet-") as folder:
        path = Path(folder) / f"edit{suffix}"
        path.write_text(text, encoding="utf-8")
        try:
            with _patient():
                done = subprocess.run([*command, str(path)], check=False)
            saved = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as problem:
            raise EditorError(f"The editor {shlex.join(command)!r} does not work: {problem}. Set EDITOR.") from None
    if done.returncode:
        raise EditorError(f"The editor {shlex.join(command)!r} ended with code {done.returncode}; nothing is changed.")
    return saved


def _command() -> list[str]:
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if named and named.strip():
        return shlex.split(named)
    found = next((name for name in EDITORS if shutil.which(name)), None)
    if found is None:
        raise EditorError("There is no editor: set EDITOR to one.")
    return [found]


@contextmanager
def _patient() -> Generator[None]:
    """Leave Ctrl-C to the editor; it does not end it, and must not end what waits for it."""
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
