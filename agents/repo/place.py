"""Where a run works: its copy of the repository, packed for the sandbox, and what its tests need there.

All of it can be made again from the run's state; it is kept between nodes because packing takes a moment.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from langgraph.runtime import Runtime

from motet.agents.context import TeamContext
from motet.agents.node import context_of
from motet.tools.git import Workspace
from motet.tools.sandbox import Sandbox, resolve_sandbox
from motet.tools.suite import Environment, SuiteSetup, Tree, find_environment, read_setup

KEPT = 4
"""How many places are kept; one run uses one."""
BASE = "base"


@dataclass(frozen=True)
class Place:
    """A repository, ready to be tested."""

    workspace: Workspace
    tree: Tree
    """The snapshot, packed."""
    setup: SuiteSetup
    environment: Environment | None

    @property
    def modules(self) -> frozenset[str]:
        """The names under which the repository's code is imported, scripts that import each other included."""
        paths = [path for path in self.tree.paths if path.endswith(".py")]
        found = {path.rpartition("/")[2].removesuffix(".py") for path in paths}
        for folder in self.setup.source_folders:
            prefix = "" if folder in ("", ".") else f"{folder}/"
            inside = (path.removeprefix(prefix) for path in paths if path.startswith(prefix))
            found |= {path.partition("/")[0].removesuffix(".py") for path in inside}
        return frozenset(found)

    @property
    def probing(self) -> SuiteSetup:
        """How single tests of motet's own are run, also where the repository has a command for all of its tests."""
        if self.setup.framework in ("pytest", "unittest"):
            return self.setup
        return self.setup.model_copy(update={"framework": "pytest", "command": (), "arguments": ()})


_places: OrderedDict[tuple[object, ...], Place] = OrderedDict()
_lock = Lock()


def place_of(state: Mapping[str, Any]) -> Place:
    """The place of a run. It takes a moment the first time.

    Args:
        state: With `repository`, `workspace` and `commit`; `python`, `image` and `test_command` where
            the user gave them.

    Raises:
        BrokenWorkspaceError: The copy is gone and cannot be made again.
        NoEnvironmentError: There is no Python environment where the user said.
    """
    keys = ("repository", "workspace", "commit", "python", "image", "test_command")
    key = tuple(state.get(name) for name in keys)
    with _lock:
        if key in _places and _places[key].workspace.folder.is_dir():
            _places.move_to_end(key)
            return _places[key]
        workspace = Workspace.open(Path(state["workspace"]), Path(state["repository"]), state["commit"])
        tree = Tree.pack(workspace.worktree(BASE), workspace.paths)
        place = Place(
            workspace=workspace,
            tree=tree,
            setup=read_setup(tree, command=state.get("test_command")),
            environment=None if state.get("image") else find_environment(workspace.root, python=state.get("python")),
        )
        _places[key] = place
        while len(_places) > KEPT:
            _places.popitem(last=False)
        return place


def sandbox_of(
    state: Mapping[str, Any], place: Place, runtime: Runtime[TeamContext], default: str | Sandbox
) -> Sandbox:
    """Where a run's tests run: with the repository's environment bound, or in the user's image."""
    spec = context_of(runtime).sandbox or default
    folders = place.environment.folders if place.environment else {}
    image: str | None = state.get("image")
    return resolve_sandbox(spec, folders=folders, image=image) if folders or image else resolve_sandbox(spec)
