"""The first lines that run in the sandbox (`python3 -c`): load the judge from standard input, then let it judge.

What is read here is the job only; the proof of the report stands behind it, and is for the judge.
"""

import builtins
import json
import os
import sys
import types


def read(size: int) -> bytes:
    """Read exactly so many bytes, and not one that comes after them."""
    data = b""
    while len(data) < size:
        chunk = os.read(0, size - len(data))
        if not chunk:
            sys.exit("the job ended early on standard input")
        data += chunk
    return data


def load(sources: dict[str, str]) -> dict[str, types.ModuleType]:
    """Load the judge's modules under their full names, and forget those.

    Each gets builtins of its own, so that code which patches `builtins` does not reach them.
    """
    modules = {name: types.ModuleType(name) for name in sources}
    for name, module in modules.items():
        module.__dict__["__builtins__"] = dict(vars(builtins))
        sys.modules[name] = module
        exec(compile(sources[name], f"<{name}>", "exec"), module.__dict__)  # noqa: S102 - these are motet's own files
    for name in modules:
        del sys.modules[name]
    return modules


def main() -> None:
    """Start the judge on its job."""
    job = json.loads(read(int(read(12))))
    modules = load(job.pop("modules"))
    modules[job["judge"]].main(job, modules[job["task"]])


if __name__ == "__main__":
    main()
