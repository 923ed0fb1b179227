"""Makes tasks for `localisation.py` of a repository's own history: a commit's message asks, what it changed answers.

Taken are commits that mend something: one file of Python beside its tests, at most four functions of it, and a message
of 35 to 600 words. Messages tell more of a change than reports of bugs do, so figures on them are to compare settings.

    python benchmarks/commit_tasks.py REPOSITORY --name owner/name --most 30 > TASKS.jsonl
"""

import argparse
import json
import random
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from motet.memory.index import chunks_of
from motet.memory.index.kinds import is_test

MENDS = re.compile(r"\b(fix|bug|error|crash|wrong|issue|regression|fail|incorrect)", re.IGNORECASE)
TRAILER = re.compile(
    r"(?m)^\s*(Fixes|Closes|References|Change-Id|Co-authored-by|Signed-off-by|Reviewed|\(cherry).*$", re.IGNORECASE
)
SHORTEST, LONGEST = 35, 600
"""Words of a message."""
MOST_FUNCTIONS = 4


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=True)
    return done.stdout.decode("utf-8", "replace")


def commits(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Give commits that mend one file: their names, messages and the file."""
    log = git(folder, "log", "--no-merges", "--format=%x00%H%x01%B%x01", "--name-only", "-n", "8000")
    for entry in log.split("\0")[1:]:
        name, message, names = entry.split("\x01")
        paths = [path for path in names.split("\n") if path.strip()]
        code = [path for path in paths if path.endswith(".py") and not is_test(path)]
        question = TRAILER.sub("", message).strip()
        if (
            len(code) == 1
            and len(paths) > 1
            and SHORTEST <= len(question.split()) <= LONGEST
            and MENDS.search(question)
        ):
            yield name, question, code[0]


def functions_of(folder: Path, commit: str, path: str) -> dict[str, str]:
    chunks = chunks_of(path, git(folder, "show", f"{commit}:{path}"))
    return {chunk.symbol: chunk.text for chunk in chunks if chunk.kind == "function"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("--name", required=True, help="owner/name, as `localisation.py` looks for it")
    parser.add_argument("--most", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = list(commits(options.repository))
    random.Random(options.seed).shuffle(found)
    made = 0
    for commit, question, path in found:
        base = f"{commit}^"
        try:
            before, after = (functions_of(options.repository, one, path) for one in (base, commit))
            base = git(options.repository, "rev-parse", base).strip()
        except subprocess.CalledProcessError:  # the file is new
            continue
        changed = [name for name, code in before.items() if after.get(name) != code]
        if not 0 < len(changed) <= MOST_FUNCTIONS:
            continue
        row = {
            "instance_id": f"{options.name.replace('/', '__')}-{commit[:10]}",
            "repo": options.name,
            "base_commit": base,
            "problem_statement": question,
            "patch": git(options.repository, "diff", base, commit, "--", path),
        }
        print(json.dumps(row))
        made += 1
        if made == options.most:
            break


if __name__ == "__main__":
    main()
