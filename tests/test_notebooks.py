"""The notebooks run from top to bottom, and stand in the repository without outputs."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parent.parent / "notebooks"
pytestmark = pytest.mark.bubblewrap


def read(name):
    return nbformat.read(FOLDER / name, as_version=4)


def run(name, monkeypatch):
    """Run a notebook, and give back the last thing that each cell shows."""
    notebook = read(name)
    # A kernel reads its connection from a file; elsewhere debuggers warn about frozen modules.
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    NotebookClient(notebook, timeout=280, kernel_name="python3").execute(cwd=FOLDER)
    outputs = [cell.outputs[-1] for cell in notebook.cells if cell.cell_type == "code" and cell.outputs]
    return [str(output.get("data", {}).get("text/html") or output.get("text") or output) for output in outputs]


@pytest.mark.parametrize("name", sorted(path.name for path in FOLDER.glob("*.ipynb")))
def test_a_notebook_is_kept_without_outputs(name):
    cells = [cell for cell in read(name).cells if cell.cell_type == "code"]
    assert cells
    assert not any(cell.outputs or cell.execution_count for cell in cells)


def test_composing_runs_and_shows_its_runs_and_graphs(monkeypatch):
    monkeypatch.setenv("MOTET_FORBID_MODEL_REQUESTS", "1")
    shown = run("02_compose_your_team.ipynb", monkeypatch)
    assert sum('class="motet"' in page for page in shown) == 3
    assert sum(page.startswith("<svg") for page in shown) == 2
    assert "documenter" in shown[-3]


@pytest.mark.model
def test_the_first_solve_solves_with_the_embedded_model(monkeypatch):
    shown = run("01_first_solve.ipynb", monkeypatch)
    assert "reviewer" in shown[0]
    assert "median([3, 1, 2]) == 2" in shown[1]
    assert "3 examples in the task" in shown[1]
    assert "def initials" in shown[-1]


@pytest.mark.model
def test_what_was_solved_is_remembered_and_poison_is_refused(monkeypatch):
    shown = run("03_memory.ipynb", monkeypatch)
    assert "recall" in shown[0]
    assert "passes 4 tests" in shown[2]
    for again in shown[3:5]:
        assert "verified with 0 calls" in again
    assert "def longest_streak" in shown[4]
    assert "as an answer: did not help" in shown[6]
    assert "as an example:" in shown[6]
    assert "0 admitted" in shown[7]
    assert "does not pass its own tests" in shown[7]
    assert "its tests fail" in shown[8]
    assert shown[8].strip().endswith("False")


@pytest.mark.model
def test_a_planted_fault_of_a_real_package_is_found_and_mended(monkeypatch):
    shown = run("04_codebase.ipynb", monkeypatch)
    assert "def ordinalize(number: int) -> str" in shown[0]
    assert "ordinal" in shown[1]
    assert shown[3].startswith("verified: The fault was shown by code in the issue and is gone")
    assert '+        }.get(number % 10, "th")' in shown[4]
    assert "runs when the fault shows" in shown[5]
    assert shown[6].strip() in ("mended", "applied")
