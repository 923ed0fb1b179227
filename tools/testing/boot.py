"""The first lines that run in the sandbox (`python3 -c`): load the judge from standard input, then let it judge.

What is read here is the job only. The proof of the report stays unread in the pipe until all workers have ended.
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


def load(modules: list[list[str]]) -> types.ModuleType:
    """Load the judge's modules under their full names, and forget those: the last one is the judge.

    Each gets builtins of its own, so that code which patches `builtins` does not reach them.
    """
    for name, source in modules:
        module = types.ModuleType(name)
        module.__dict__["__builtins__"] = dict(vars(builtins))
        sys.modules[name] = module
        exec(compile(source, f"<{name}>", "exec"), module.__dict__)  # noqa: S102 - these are motet's own files
    for name, _ in modules:
        del sys.modules[name]
    return module


def main() -> None:
    """Start the judge on its job."""
    job = json.loads(read(int(read(12))))
    load(job.pop("modules")).main(job)


if __name__ == "__main__":
    main()
