"""Runs the command `motet` many times with one import: a starter process has everything imported and forks for each.

Each run is a process of its own, with its environment, folder, standard streams and exit code. Started as a program,
this file is the starter. What a fresh interpreter does is for the tests that start the command itself.
"""

import io
import json
import os
import subprocess
import sys
import tempfile
from functools import cache
from importlib import import_module
from pathlib import Path


def run_motet(*arguments, stdin="", env):
    """As `subprocess.run` with captured text."""
    with tempfile.TemporaryDirectory() as folder:
        streams = [Path(folder) / name for name in ("stdin", "stdout", "stderr")]
        streams[0].write_text(stdin)
        asked = {"argv": list(map(os.fsdecode, map(_word, arguments))), "env": env, "cwd": os.getcwd()}
        starter = _starter()
        print(json.dumps({**asked, "streams": list(map(str, streams))}), file=starter.stdin, flush=True)
        returncode = json.loads(starter.stdout.readline())
        return subprocess.CompletedProcess(arguments, returncode, streams[1].read_text(), streams[2].read_text())


def _word(argument):
    return argument if isinstance(argument, bytes) else str(argument)


@cache
def _starter():
    return subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def end_starter():
    """Let it go, if there was one; a session of tests does so at its end."""
    if _starter.cache_info().currsize:
        with _starter():
            _starter.cache_clear()


def main():
    from motet.cli import main

    for heavy in ("motet.graphs.runs", "motet.models.endpoint", "langgraph.checkpoint.sqlite.aio"):
        import_module(heavy)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            for number, path in enumerate(asked["streams"]):
                os.dup2(os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT), number)
            os.chdir(asked["cwd"])
            os.environ.clear()
            os.environ.update(asked["env"])
            sys.stdin = io.TextIOWrapper(io.FileIO(0))
            sys.argv = ["motet", *asked["argv"]]
            main()
            sys.exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
