"""A strong model's part, played from a script, in a repository of more than 100,000 lines: each edit format.

    python benchmarks/large_change.py [--sandbox bubblewrap]

Fetches networkx's sources from PyPI by their hash. For each format the whole path runs: snapshot, index, reproduction,
baseline, patch, tests, whole checks and review; the patch is then applied with `git apply` on a fresh clone.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from langchain_core.messages import AIMessage

from motet.evals.repairs.fetching import fetch_package
from motet.graphs.repo import RepoPolicy, create_repo_team
from motet.models import ScriptedChatModel, tool_call

ISSUE = """Ask for the middle of a path

There is no way to get the middle node of a shortest path. `networkx.path_middle(G, source, target)` should give it, and
raise `NetworkXNoPath` as `shortest_path` does.

```python
import networkx as nx
from networkx.algorithms.shortest_paths.middle import middle_of

assert middle_of([1, 2, 3]) == 2
assert nx.path_middle(nx.path_graph(5), 0, 4) == 2
assert nx.path_middle(nx.path_graph(4), 0, 3) == 1
```
"""
MIDDLE = '''"""The middle of a path."""

__all__ = ["middle_of"]


def middle_of(path):
    """Return the middle node of a path, the earlier one of two."""
    return path[(len(path) - 1) // 2]
'''
GENERIC = "networkx/algorithms/shortest_paths/generic.py"
NEW = "networkx/algorithms/shortest_paths/middle.py"
INIT = "networkx/algorithms/shortest_paths/__init__.py"
DOCS = "networkx/algorithms/shortest_paths/unweighted.py"
FUNCTION = '''

def path_middle(G, source, target):
    """Return the node in the middle of a shortest path.

    Examples
    --------
    >>> nx.path_middle(nx.path_graph(5), 0, 4)
    2
    """
    return middle_of(nx.shortest_path(G, source, target))
'''
EDITS = (
    (
        GENERIC,
        "import networkx as nx\n",
        "import networkx as nx\nfrom networkx.algorithms.shortest_paths.middle import middle_of\n",
    ),
    (GENERIC, '    "has_path",\n]\n', f'    "has_path",\n    "path_middle",\n]\n{FUNCTION}'),
    (
        INIT,
        "from networkx.algorithms.shortest_paths.generic import *\n",
        "from networkx.algorithms.shortest_paths.generic import *\n"
        "from networkx.algorithms.shortest_paths.middle import *\n",
    ),
    (
        DOCS,
        '"""\nShortest path algorithms for unweighted graphs.\n',
        '"""\nShortest path algorithms for unweighted graphs; `path_middle` is among the generic ones.\n',
    ),
)


PLAN = {
    "places": [{"path": path, "symbol": ""} for path in dict.fromkeys(one[0] for one in EDITS)] + [{"path": NEW}],
    "steps": ["Add `middle_of` in a module of its own.", "Add and export `path_middle`."],
}


def blocks() -> str:
    """The change as search/replace blocks."""
    parts = [f"{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n" for path, old, new in EDITS]
    return "\n".join([*parts, f"{NEW}\n<<<<<<< SEARCH\n=======\n{MIDDLE}>>>>>>> REPLACE\n"])


def calls() -> list[str | AIMessage]:
    """The same with tools, a mistake and a look at the tests between."""
    said: list[str | AIMessage] = [tool_call("read_file", path=GENERIC, first_line=1, last_line=40)]
    said += [tool_call("edit_file", path=path, old=old, new=new) for path, old, new in EDITS]
    said += [tool_call("edit_file", path=GENERIC, old="no such line", new="x")]
    said += [tool_call("create_file", path=NEW, content=MIDDLE)]
    said += [tool_call("run_tests", tests=["networkx/algorithms/shortest_paths/tests/test_generic.py"])]
    return [*said, "I added `path_middle`."]


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--sandbox", default="auto")
    options = asked.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch, "networkx")
        shutil.copytree(fetch_package("networkx"), root)
        git(root, "init", "-q")
        git(root, "add", "-A")
        git(root, "commit", "-qm", "networkx")
        lines = sum(len(file.read_bytes().splitlines()) for file in root.rglob("*.py"))
        print(f"{lines:,} lines of Python")
        scripts: dict[Any, list[Any]] = {"blocks": [blocks()], "agent": calls()}
        for edit, script in scripts.items():
            policy = RepoPolicy(name=edit, edit=edit, widen=True, candidates=1, suite_seconds=0)
            model = ScriptedChatModel(planner=[json.dumps(PLAN)], coder=script)
            team = create_repo_team(model=model, policy=policy, sandbox=options.sandbox)
            began = time.monotonic()
            result = team.invoke({"repository": str(root), "issue": ISSUE})
            took = time.monotonic() - began
            fresh = Path(scratch, f"fresh-{edit}")
            git(Path(scratch), "clone", "-q", str(root), str(fresh))
            subprocess.run(["git", "-C", str(fresh), "apply"], input=result["patch"].encode(), check=True)
            changed = git(fresh, "status", "--porcelain", "--untracked-files=all").splitlines()
            print(f"{edit}: {result['verdict']} in {took:.1f} s; {result['evidence'].reason}")
            print(f"  on a fresh clone: {', '.join(changed)}")
            for remark in result["evidence"].remarks:
                print(f"  {remark.text}")
            assert git(root, "status", "--porcelain") == "", "the repository itself is untouched"


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    return subprocess.run(
        ["git", *who, "-C", str(folder), *arguments], capture_output=True, text=True, check=True
    ).stdout


if __name__ == "__main__":
    main()
