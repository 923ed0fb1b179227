"""`motet memory`, as a user meets it: what it prints, its exit codes, and what it refuses to do by accident."""

import io
import json
import shutil
import sys

import pytest

from motet.cli import main
from motet.memory import Draft, Interface, PatternTests, Source, Use, open_memory
from motet.memory.conformance import WordEmbeddings
from motet.tools.sandbox import resolve_sandbox
from motet.tools.testing import Case

pytestmark = pytest.mark.bubblewrap

ESCAPE = "\x1b]0;owned\x07"
TASKS = {
    "evens": ("Write evens that sums the even numbers of a list.", "sum(n for n in x if n % 2 == 0)", "6"),
    "last": ("Write last that gives the last item of a list, whatever it is.", "x[-1]", "4"),
    "size": (f"Write size {ESCAPE} that counts ✓ [bold]items[/]", "len(x)", "3"),
}


class OtherEmbeddings(WordEmbeddings):
    """The same under another name."""


@pytest.fixture(autouse=True)
def _embeddings_need_no_weights(monkeypatch):
    def resolve(spec):
        return {"local": WordEmbeddings(), "other": OtherEmbeddings()}[spec] if isinstance(spec, str) else spec

    monkeypatch.setattr("motet.memory.embeddings.resolve_embeddings", resolve, raising=False)


@pytest.fixture
def motet(monkeypatch, capsys):
    """Run the command in this process, where `typed` at a terminal: gives its exit code, standard output and error."""

    def run(*arguments, typed=None):
        stdin = io.StringIO(typed or "")
        stdin.isatty = lambda: typed is not None
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr(sys, "argv", ["motet", *map(str, arguments)])
        monkeypatch.setenv("COLUMNS", "120")
        with pytest.raises(SystemExit) as end:
            main()
        out, err = capsys.readouterr()
        return end.value.code or 0, out, err

    return run


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A memory of three patterns, one of which was of use."""
    folder = tmp_path_factory.mktemp("memory") / "own"
    memory = open_memory(folder, embeddings=WordEmbeddings())
    for name, (task, body, value) in TASKS.items():
        case = Case(name="example 1", kind="call", code=f"{name}([2, 3, 4])", expected=value)
        draft = Draft(
            task=task,
            interface=Interface(entry_point=name),
            solution=f"def {name}(x):\n    return {body}\n",
            tests=PatternTests(cases=(case,)),
            source=Source(model="some-model", tokens=700, calls=2),
        )
        assert memory.admit(draft, sandbox=resolve_sandbox("bubblewrap")).outcome == "admitted"
    (evens,) = (pattern for pattern in memory.patterns() if pattern.interface.entry_point == "evens")
    memory.record_use(evens.id, Use(kind="answer", helped=True, at=evens.created_at))
    memory.store.close()
    return folder


@pytest.fixture
def folder(template, tmp_path, monkeypatch):
    """The user's own memory."""
    shutil.copytree(template, tmp_path / "memory")
    monkeypatch.setenv("MOTET_MEMORY", str(tmp_path / "memory"))
    return tmp_path / "memory"


@pytest.fixture
def ids(folder, motet):
    """Ids by name."""
    _, out, _ = motet("memory", "list", "--json")
    return {row["entry_point"]: row["id"] for row in json.loads(out)}


def poison(folder, pattern_id):
    """Change a solution behind the memory's back."""
    memory = open_memory(folder, embeddings=WordEmbeddings())
    pattern = memory.get(pattern_id)
    value = {"text": pattern.gist, "pattern": pattern.model_dump(mode="json")}
    value["pattern"]["solution"] = "def last(x):\n    return x[0]\n"
    memory.store.put(("patterns", "live"), pattern_id, value)
    memory.store.close()


def test_what_is_remembered_is_counted_listed_shown_and_found(folder, motet, ids):
    code, out, _ = motet("memory", "stats", "--json")
    counted = json.loads(out)
    assert code == 0
    assert {"patterns": 3, "uses": 1, "helped": 1, "tokens": 2100, "memory": str(folder)}.items() <= counted.items()
    assert "1, of which 1 helped" in motet("memory", "stats")[1]

    _, out, err = motet("memory", "list", "--limit", 2)
    assert len(out.splitlines()) == 3
    assert "--limit 0 shows all" in err
    _, out, _ = motet("memory", "list")
    assert "1 of 1" in next(line for line in out.splitlines() if ids["evens"] in line)

    _, out, _ = motet("memory", "show", ids["evens"][:8])
    for word in (
        "sums the even numbers",
        "def evens(x):",
        "evens([2, 3, 4]) gives 6",
        "some-model",
        "bubblewrap",
        "helped",
    ):
        assert word in out
    shown = json.loads(motet("memory", "show", ids["evens"], "--json")[1])
    assert shown["solution"] == "def evens(x):\n    return sum(n for n in x if n % 2 == 0)\n"
    assert [use["helped"] for use in shown["uses"]] == [True]

    found = json.loads(motet("memory", "search", "the last item of a list", "--json")[1])
    assert found[0]["id"] == ids["last"]
    assert found[0]["similarity"] > found[1]["similarity"]
    assert ids["last"] in motet("memory", "search", "last item", "--limit", 1)[1]


def test_the_words_of_a_pattern_steer_no_terminal_and_are_no_markup(motet, ids):
    for arguments in (["list"], ["show", ids["size"]], ["search", "counts items"]):
        _, out, _ = motet("memory", *arguments)
        assert "\x1b]" not in out
        assert "\x07" not in out
        assert "✓ [bold]items[/]" in out


def test_nothing_is_forgotten_by_accident(motet, ids):
    code, out, err = motet("memory", "forget", ids["last"])
    assert (code, out) == (2, "")
    assert "--yes" in err
    assert "which patterns" in motet("memory", "forget", "--yes")[2]
    assert motet("memory", "forget", "zzz", "--yes")[0] == 2
    assert "3 patterns begin with" in motet("memory", "forget", ids["last"], "", "--yes")[2]
    code, _, err = motet("memory", "forget", ids["last"], typed="n\n")
    assert code == 1
    assert "gives the last item" in err
    assert json.loads(motet("memory", "stats", "--json")[1])["patterns"] == 3

    code, out, _ = motet("memory", "forget", ids["last"], ids["last"][:10], "--yes", "--json")
    assert (code, json.loads(out)) == (0, {"forgotten": [ids["last"]]})
    assert motet("memory", "forget", ids["size"], typed="y\n")[1].endswith("1 pattern forgotten\n")
    assert json.loads(motet("memory", "stats", "--json")[1])["patterns"] == 1


def test_another_machine_takes_in_what_it_can_prove_itself(motet, ids, tmp_path):
    file, other = tmp_path / "patterns.jsonl", tmp_path / "other"
    assert "3 patterns written" in motet("memory", "export", file)[1]
    spoilt = file.read_text("utf-8").replace("return x[-1]", "return x[-2]")
    file.write_text(spoilt + "no pattern\n", "utf-8")
    code, out, err = motet("memory", "import", file, "--memory", other, "--sandbox", "bubblewrap")
    assert code == 1
    assert out == "2 new, 0 known before, 0 better than what was known, 2 refused\n"
    assert err.count("refused: line") == 2
    assert {row["id"] for row in json.loads(motet("memory", "list", "--memory", other, "--json")[1])} == {
        ids["evens"],
        ids["size"],
    }
    one = tmp_path / "one.jsonl"
    motet("memory", "export", one, ids["evens"])
    code, out, _ = motet("memory", "import", one, "--memory", other, "--sandbox", "bubblewrap", "--json")
    assert (code, json.loads(out)["merged"]) == (0, 1)


def test_poison_goes_into_quarantine_and_what_is_in_there_can_be_looked_at_and_forgotten(folder, motet, ids):
    poison(folder, ids["last"])
    code, out, err = motet("memory", "check", "--sandbox", "bubblewrap")
    assert (code, out) == (1, "3 patterns checked, 1 in quarantine\n")
    assert ids["last"] in err
    assert motet("memory", "check", ids["evens"], "--sandbox", "bubblewrap")[0] == 0
    (row,) = json.loads(motet("memory", "list", "--quarantined", "--json")[1])
    assert "its tests fail" in row["quarantined"]
    assert "in quarantine: its tests fail" in motet("memory", "show", ids["last"])[1]
    assert ids["last"] not in motet("memory", "search", "last item of a list")[1]
    assert motet("memory", "check", "--quarantined", "--sandbox", "bubblewrap", "--json")[0] == 1
    assert motet("memory", "forget", "--quarantined", "--yes")[1] == "1 pattern forgotten\n"
    assert "in quarantine" in motet("memory", "list", "--quarantined")[2]


def test_other_embeddings_are_refused_until_everything_is_embedded_anew(motet, ids):
    code, _, err = motet("memory", "list", "--embeddings", "other")
    assert code == 2
    assert "motet memory reembed" in err
    assert "WordEmbeddings" in err
    assert "OtherEmbeddings" in err
    code, out, _ = motet("memory", "reembed", "other", "--json")
    assert (code, json.loads(out)["patterns"]) == (0, 3)
    assert len(json.loads(motet("memory", "list", "--embeddings", "other", "--json")[1])) == 3
    assert motet("memory", "list")[0] == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["show", "0000"], "motet memory list"),
        (["search", "  "], "nothing to search for"),
        (["list", "--memory", "no/such/folder"], "no/such/folder"),
        (["stats", "--memory", "ftp://example.org"], "http://"),
        (["list", "--memory", "off"], "--memory local"),
        (["stats", "--memory", "pyproject.toml"], "pyproject.toml"),
        (["stats", "--memory", "http://127.0.0.1:9"], "http://127.0.0.1:9"),
        (["import", "no/such.jsonl"], "no/such.jsonl"),
        (["export", "no/such/folder/x.jsonl"], "no/such/folder"),
        (["import", "pyproject.toml", "--sandbox", "cloud"], "cloud"),
        (["list", "--limit", "-1"], "--limit"),
    ],
)
def test_bad_input_ends_with_2_and_says_what_to_do(folder, motet, arguments, says):
    code, out, err = motet("memory", *arguments)
    assert (code, out) == (2, "")
    assert says in err
    assert "Traceback" not in err


def test_a_memory_that_is_not_there_yet_is_empty(tmp_path, motet, monkeypatch):
    monkeypatch.setenv("MOTET_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("MOTET_MEMORY", "local")
    assert motet("memory", "list", "--json")[:2] == (0, "[]\n")
    assert "no patterns" in motet("memory", "search", "anything")[2]
    assert "0 patterns" in motet("memory", "export", tmp_path / "x.jsonl")[1]
