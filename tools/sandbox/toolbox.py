"""What the bubblewrap sandbox lends to the code it runs: this Python, pytest, coverage, ruff, bandit, nothing else.

The tools are copied once into the user's cache and compiled there. So the sandbox shows one small folder and not the
user's site-packages, one mount brings all of it in, and no run has to compile pytest again.
"""

import compileall
import hashlib
import importlib.util
import re
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from pathlib import Path, PurePath
from py_compile import PycInvalidationMode

from platformdirs import user_cache_path

from motet.tools.sandbox.protocol import NoSandboxError

MODULES = ("pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "pygments", "coverage")
DISTRIBUTIONS = ("pytest", "pluggy", "iniconfig", "packaging", "pygments", "coverage", "ruff")
APART = ("bandit", "stevedore", "yaml", "_yaml", "rich")
APART_DISTRIBUTIONS = ("bandit", "stevedore", "PyYAML", "rich")
"""Bandit and what it needs, where only bandit finds it: code in the sandbox has nothing to import that users lack."""
LAYOUT = 3
"""Raised with every change to what a toolbox holds."""

INSIDE = Path("/opt/motet")
"""Where the sandbox shows the toolbox."""
PYTHON_INSIDE = Path("/opt/python")
"""Where it shows the interpreter that motet runs on, if that is not the system's own."""

PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
UNUSED = re.compile(r"/pygments/(styles|lexers/(?!python|_mapping|__init__)|formatters/(?!terminal|_mapping|__init__))")
"""Compiling these would be most of the work, and highlighting tracebacks needs none of them."""
NOT_COPIED = shutil.ignore_patterns("__pycache__", "*.pyi", "htmlfiles")


def toolbox() -> Path:
    """The folder of tools, made where there is none yet for these versions.

    Raises:
        NoSandboxError: A tool is not installed, or there is no room for a copy.
    """
    place = user_cache_path("motet") / "toolbox" / _key()
    if place.is_dir():
        return place
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=place.parent, prefix=".making-") as making:
            made = Path(making) / "toolbox"
            _make(made)
            try:
                made.rename(place)
            except OSError:
                if not place.is_dir():  # Otherwise another process was faster, and its copy is as good.
                    raise
    except OSError as error:
        raise NoSandboxError(
            f"Could not copy the sandbox's tools to {place}: {error}. Make room there, or set XDG_CACHE_HOME to a "
            "folder that can be written."
        ) from error
    return place


def python_home() -> Path | None:
    """The interpreter's installation, where the sandbox must show it; `None` where it is the system's."""
    base = Path(sys.base_prefix).resolve()
    return None if base == Path("/usr") else base


def python_binary() -> Path:
    """The interpreter itself, outside of any virtual environment."""
    named = Path(sys.base_exec_prefix, "bin", PYTHON)
    return (named if named.exists() else Path(sys.executable)).resolve()


def site_packages(root: Path) -> Iterator[Path]:
    """The folders of installed packages under a prefix: the sandbox hides them."""
    for lib in ("lib", "lib64"):
        for packages in ("site-packages", "dist-packages"):
            yield from root.glob(f"{lib}/python3*/{packages}")


def _key() -> str:
    versions = [f"{name}={_version(name)}" for name in (*DISTRIBUTIONS, *APART_DISTRIBUTIONS)]
    parts = [LAYOUT, sys.version, sys.base_prefix, sysconfig.get_platform(), *versions]
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError as error:
        raise NoSandboxError(
            f"The bubblewrap sandbox lends {distribution} to the code it runs, and it is not installed beside motet; "
            f"`pip install {distribution}`."
        ) from error


def _make(root: Path) -> None:
    _copy(MODULES, root / "lib" / PYTHON / "site-packages", root)
    apart = root / "lib" / "bandit"
    _copy(APART, apart, root)
    _copy_entry_points("bandit", apart)
    home = python_home()
    inside = PYTHON_INSIDE / "bin" / PYTHON if home else python_binary()
    (root / "pyvenv.cfg").write_text(f"home = {inside.parent}\ninclude-system-site-packages = false\n")
    programs = root / "bin"
    programs.mkdir()
    for name in ("python3", "python", PYTHON):
        (programs / name).symlink_to(inside)
    for module in ("pytest", "coverage"):
        program = programs / module
        program.write_text(f"#!{INSIDE}/bin/python3\nimport runpy\nrunpy.run_module({module!r}, None, '__main__')\n")
        program.chmod(0o755)
    program = programs / "bandit"
    program.write_text(f"#!{INSIDE}/bin/python3\n{apart_program('bandit', INSIDE / 'lib' / 'bandit')}")
    program.chmod(0o755)
    shutil.copy2(_ruff(), programs / "ruff")
    if home and sysconfig.get_config_var("Py_ENABLE_SHARED"):
        library = sysconfig.get_config_var("INSTSONAME")
        (root / "lib" / library).symlink_to(PYTHON_INSIDE / "lib" / library)
    accounts = root / "etc"
    accounts.mkdir()
    (accounts / "passwd").write_text("nobody:x:65534:65534:nobody:/tmp:/bin/sh\n")
    (accounts / "group").write_text("nogroup:x:65534:\n")
    (accounts / "hosts").write_text("127.0.0.1 localhost\n::1 localhost\n")


def apart_program(module: str, folder: PurePath) -> str:
    """A script that runs a module whose packages lie in a folder of their own."""
    return f"import runpy, sys\nsys.path.insert(0, {str(folder)!r})\nrunpy.run_module({module!r}, None, '__main__')\n"


def _copy(names: Iterable[str], target: Path, root: Path) -> None:
    """Copy packages and modules, and compile them for the place where the sandbox shows them."""
    target.mkdir(parents=True)
    for name in names:
        found = importlib.util.find_spec(name)
        if found is None or found.origin is None:
            raise NoSandboxError(f"The module {name!r} that the bubblewrap sandbox lends cannot be found.")
        if found.submodule_search_locations:
            shutil.copytree(found.submodule_search_locations[0], target / name, ignore=NOT_COPIED)
        else:
            shutil.copy2(found.origin, target)
    compileall.compile_dir(
        target,
        quiet=2,
        rx=UNUSED,
        stripdir=str(root),
        prependdir=str(INSIDE),
        # Nobody edits the copies, so that nobody need look at their times.
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )


def _copy_entry_points(distribution: str, target: Path) -> None:
    """Copy what an installed distribution says of itself, by which it finds its own plugins."""
    for file in metadata.files(distribution) or ():
        if file.parent.suffix == ".dist-info" and file.name in ("METADATA", "entry_points.txt"):
            (target / file.parent.name).mkdir(exist_ok=True)
            shutil.copy2(str(file.locate()), target / file.parent.name)


def _ruff() -> Path:
    for file in metadata.files("ruff") or ():
        if file.name == "ruff" and (path := Path(str(file.locate()))).is_file():
            return path.resolve()
    if found := shutil.which("ruff"):
        return Path(found).resolve()
    raise NoSandboxError("The program `ruff` that the bubblewrap sandbox lends is not there; `pip install ruff`.")
