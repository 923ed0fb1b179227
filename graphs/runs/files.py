"""Where runs lie, and what they take."""

import os
from contextlib import suppress
from pathlib import Path

import platformdirs

VARIABLE = "MOTET_STATE_DIR"
REQUEST, CHECKPOINTS = "run.json", "checkpoints.sqlite"


def runs_folder() -> Path:
    """The folder of runs: under `MOTET_STATE_DIR`, or else where the user's system keeps such things."""
    root = os.environ.get(VARIABLE)
    return (Path(root).expanduser() if root else platformdirs.user_state_path("motet")).absolute() / "runs"


def bytes_in(folder: Path) -> int:
    """What a folder's files take on the disk."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            # SQLite removes files of its own as it pleases.
            with suppress(FileNotFoundError):
                total += os.lstat(os.path.join(place, name)).st_blocks * 512
    return total
