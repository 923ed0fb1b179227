"""`motet index` and `motet search`, as a user and a script meet them."""

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

import pytest
from testing_code import repository, write

from motet.cli import main
from motet.memory.conformance import WordEmbeddings


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("MOTET_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(
        "motet.memory.embeddings.resolve_embeddings", lambda spec: WordEmbeddings() if spec == "local" else spec
    )
    return repository(tmp_path / "shop")


@pytest.fixture
def motet(monkeypatch, capsys):
    """Run the command in this process: gives its exit code, standard output and error."""

    def run(*arguments, stdin=""):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        monkeypatch.setattr(sys, "argv", ["motet", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return end.value.code or 0, out, err

    return run


def test_search_gives_scripts_places_the_best_first(motet, shop):
    code, out, err = motet("search", shop, "round half up to cents", "-k", 3, "--json")
    found = json.loads(out)
    assert (code, err, len(found)) == (0, "", 3)
    assert set(found[0]) == {"path", "start_line", "end_line", "symbol", "kind", "score"}
    assert (found[0]["path"], found[0]["start_line"], found[0]["end_line"]) == ("shop/money.py", 6, 8)
    assert found[0]["symbol"] == "round_price"
    assert [one["score"] for one in found] == sorted((one["score"] for one in found), reverse=True)


def test_a_question_may_come_from_standard_input(motet, shop):
    report = 'It fails\n\n  File "/x/shop/storage.py", line 9, in save\nOSError\n'
    code, out, _ = motet("search", shop, "-", "--json", stdin=report)
    assert (code, json.loads(out)[0]["symbol"]) == (0, "BaseStore.save")


def test_index_says_what_is_there_and_what_was_left_out_and_why(motet, shop):
    write(shop, {"shop/huge.py": "x = 1\n" * 300_000})
    code, out, err = motet("index", shop)
    assert (code, "4, of which 5 were read now" in out or "4, of which 4 were read now" in out) == (0, True)
    assert "shop/huge.py: 1.8 MB" in err
    code, out, _ = motet("index", shop, "--json")
    told = json.loads(out)
    assert (told["files"], told["embedded"], told["pending"]) == (4, told["chunks"] - 2, 0)
    assert [one["path"] for one in told["skipped"]] == ["shop/huge.py"]


def test_people_see_places_with_the_first_lines_and_nothing_that_steers_their_terminal(motet, shop):
    write(shop, {"odd.py": "def odd():\n    return '\x1b]0;owned\x07 strange thing'\n"})
    code, out, _ = motet("search", shop, "strange thing", "-k", 1)
    assert code == 0
    assert "odd.py:1-2" in out
    assert "def odd():" in out
    assert "\x1b]0" not in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("search", "nowhere", "x"), "no folder"),
        (("search", ".", "   "), "nothing to search for"),
        (("search", ".", "x", "--without", "luck"), "words, names, mentions, frames, graph, dense"),
        (("index", "nowhere"), "no folder"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(motet, shop, monkeypatch, arguments, told):
    monkeypatch.chdir(shop)
    code, out, err = motet(*arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert told in err


def test_nothing_found_is_no_error(motet, shop):
    assert motet("search", shop, "zzz", "--without", "dense", "--json") == (0, "[]\n", "")
    code, out, err = motet("search", shop, "zzz", "--without", "dense")
    assert (code, out) == (0, "")
    assert "Nothing" in err


def test_after_ctrl_c_the_same_command_goes_on(tmp_path):
    body = "def work(a):\n    return [a, a + 1, a * 2]\n\n" * 10
    root = repository(tmp_path / "r", {f"p/m{n}.py": f"NUMBER = {n}\n{body}" for n in range(4000)})
    cache = tmp_path / "cache"
    command = [sys.executable, "-c", "from motet.cli import main; main()", "index", str(root), "--embeddings", "off"]
    environment = {**os.environ, "MOTET_CACHE": str(cache)}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: kept(cache) > 0)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert (process.returncode, "Interrupted" in error) == (130, True), error
    before = kept(cache)
    assert 0 < before < 4000
    done = subprocess.run([*command, "--json"], env=environment, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert (told["files"], told["parsed"]) == (4000, 4000 - before)


def kept(cache):
    """How many files are in the index, as another process sees it."""
    for file in cache.rglob("index.sqlite"):
        try:
            connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
            (count,) = connection.execute("SELECT count(*) FROM documents").fetchone()
            connection.close()
            return count
        except sqlite3.OperationalError:  # not made yet
            return 0
    return 0


def wait_until(holds, seconds=60):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.01)
