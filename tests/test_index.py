"""The codebase index through its public door: questions, changes, worktrees, and signals that can be switched off."""

import asyncio
import os
import sqlite3
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import closing

import pytest
from testing_code import FILES, git, repository, write

from motet.memory.conformance import WordEmbeddings
from motet.memory.index import SIGNALS, CodeIndex, NoRepositoryError, find_references, find_symbol
from motet.memory.index.question import Question


@pytest.fixture
def shop(tmp_path):
    return repository(tmp_path / "shop")


@pytest.fixture
def index(shop, tmp_path):
    with CodeIndex(shop, embeddings=None, folder=tmp_path / "index") as index:
        yield index


def symbols(found):
    return [one.symbol for one in found]


def test_a_question_in_words_leads_to_the_code_with_its_place(index):
    best, *_ = index.search("rounding of prices is wrong for half cents")
    assert (best.path, best.symbol, best.kind) == ("shop/money.py", "round_price", "function")
    assert (best.start_line, best.end_line) == (6, 8)
    assert best.text.startswith("def round_price(amount):")
    assert (
        index.files("merge what a guest had chosen")[0].path == "shop/cart.py"
    )  # not the test, which has all the words


def test_k_bounds_what_is_given_and_scores_fall(index):
    found = index.search("cart price", k=3)
    assert len(found) == 3
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert index.search("cart price", k=0) == []
    assert index.search("zzz qqq") == []


async def test_async_callers_get_the_same(index):
    one, other = await asyncio.gather(index.asearch("round to cents"), index.asearch("merge a guest's cart"))
    assert one[0].symbol == "round_price"
    assert other[0].symbol == "Cart.merge_guest_cart"


def test_a_traceback_leads_to_where_it_happened_on_whichever_machine_that_was(index):
    report = """It breaks

    Traceback (most recent call last):
      File "/home/ada/run.py", line 3, in <module>
      File "/usr/lib/python3.11/site-packages/shop/storage.py", line 9, in save
    PermissionError
    """
    assert index.search(report)[0].symbol == "BaseStore.save"
    without = index.search(report, without=["frames", "mentions", "names", "words"])
    assert without == []


@pytest.mark.parametrize(
    ("signal", "question", "leads_to"),
    [
        ("words", "tax law", "round_price"),
        ("names", "amount parsing", "parse_amount"),
        ("mentions", "`round_price`", "round_price"),
        ("frames", 'File "/x/shop/money.py", line 8, in round_price', "round_price"),
    ],
)
def test_each_signal_finds_by_itself_and_not_when_it_is_switched_off(index, signal, question, leads_to):
    others = [one for one in SIGNALS if one != signal]
    assert symbols(index.search(question, k=1, without=others)) == [leads_to]
    assert index.search(question, k=1, without=SIGNALS) == []


def test_the_graph_brings_what_the_best_files_rest_on(tmp_path):
    files = {
        "app/report.py": "from app.engine import run_all\n\ndef yearly_report():\n    return run_all()\n",
        "app/engine.py": "def run_all():\n    return 1\n",
        "app/zebra.py": "def stripes():\n    return 2\n",
    }
    with CodeIndex(repository(tmp_path / "r", files), embeddings=None, folder=tmp_path / "i") as index:
        paths = [one.path for one in index.files("yearly report")]
        assert paths == ["app/report.py", "app/engine.py"]
        assert [one.path for one in index.files("yearly report", without=["graph"])] == ["app/report.py"]


def test_after_an_edit_only_what_changed_is_read(index, shop):
    assert index.refresh().read == 4
    write(shop, {"shop/money.py": FILES["shop/money.py"] + "\n\ndef add_tax(price):\n    return price * 1.2\n"})
    report = index.refresh()
    assert report.parsed == 1
    assert index.search("add tax", k=1)[0].symbol == "add_tax"
    (shop / "shop/money.py").unlink()
    report = index.refresh()
    assert (report.removed, report.files) == (1, 3)
    assert "shop/money.py" not in [one.path for one in index.files("round prices")]


def test_a_search_sees_an_edit_by_itself_even_one_that_keeps_size_and_time(index, shop):
    index.search("anything")
    file = shop / "shop/storage.py"
    stamp = file.stat()
    file.write_text(file.read_text().replace("def save", "def keep"))
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert index.search("keep everything in a file", k=1)[0].symbol == "BaseStore.keep"


def test_going_back_to_an_earlier_state_parses_nothing(index, shop):
    index.refresh()
    write(shop, {"shop/money.py": "def other(): ...\n"})
    assert index.refresh().parsed == 1
    git(shop, "checkout", "-q", "shop/money.py")
    assert index.refresh().parsed == 0
    assert index.search("round to cents", k=1)[0].symbol == "round_price"


@pytest.mark.parametrize("rewritten", [lambda code: code.replace(b"\n", b"\r\n"), lambda code: b"\xef\xbb\xbf" + code])
def test_other_line_endings_and_marks_are_the_same_code(index, shop, rewritten):
    index.refresh()
    file = shop / "shop/money.py"
    file.write_bytes(rewritten(file.read_bytes()))
    assert index.refresh().parsed == 0
    assert index.search("round to cents", k=1)[0].symbol == "round_price"


def test_an_index_that_was_damaged_is_made_again(shop, tmp_path):
    def found():
        with CodeIndex(shop, embeddings=None, folder=tmp_path / "i") as index:
            return symbols(index.search("round to cents", k=1))

    found()
    (tmp_path / "i/index.sqlite").write_bytes(b"no database" * 1000)
    assert found() == ["round_price"]
    with closing(sqlite3.connect(tmp_path / "i/index.sqlite")) as database:
        database.execute("DELETE FROM documents")
        database.commit()
    assert found() == ["round_price"]


def test_a_folder_that_was_away_for_a_while_is_not_taken_for_another(shop, tmp_path):
    other = repository(tmp_path / "other", {"b.py": "def elsewhere(): ...\n"})
    with CodeIndex(shop, embeddings=WordEmbeddings(), folder=tmp_path / "i", background=False) as index:
        index.refresh()
        shop.rename(tmp_path / "away")
        with CodeIndex(other, embeddings=WordEmbeddings(), folder=tmp_path / "i", background=False) as second:
            second.refresh()
            (tmp_path / "away").rename(shop)
            assert index.search("round to cents", k=1)[0].symbol == "round_price"
            write(shop, {"shop/new.py": "def quite_new(): ...\n"})
            assert index.search("quite new", k=1)[0].symbol == "quite_new"
            assert second.view().paths == ["b.py"]


@pytest.mark.parametrize("piece", ["a", "\n", ".1", "a.", "7", "/", "python ", "a-", "`", "<!--", " at ", "# ", "\\"])
def test_a_question_of_a_hundred_thousand_odd_characters_is_read_at_once(piece):
    Question.read("It fails\n" + piece * (100_000 // len(piece)))  # what was slow took minutes: the tests' timeout


def test_what_makes_no_sense_is_an_error_that_says_so(index):
    with pytest.raises(ValueError, match="words, names"):
        index.search("x", without=["luck"])
    index.close()
    index.close()
    with pytest.raises(RuntimeError, match="closed"):
        index.search("x")


def test_worktrees_share_what_is_the_same(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("MOTET_CACHE", str(tmp_path / "cache"))
    git(shop, "worktree", "add", "-q", str(tmp_path / "other"), "-b", "other")
    write(tmp_path / "other", {"shop/extra.py": "def only_there():\n    return 1\n"})
    with CodeIndex(shop, embeddings=None) as one, CodeIndex(tmp_path / "other", embeddings=None) as other:
        assert one.folder == other.folder
        assert one.refresh().parsed == 4
        assert other.refresh().parsed == 1
        assert other.search("only there", k=1)[0].symbol == "only_there"
        assert "only_there" not in symbols(one.search("only there"))


def test_what_git_ignores_is_left_out_in_a_repository_and_out_of_one(tmp_path):
    files = {
        ".gitignore": "*.gen.py\nbuilt/\n",
        "a.py": "def kept(): ...\n",
        "b.gen.py": "def ignored(): ...\n",
        "built/c.py": "def built(): ...\n",
        "node_modules/x/d.js": "function vendored() {}\n",
        "deep/.gitignore": "e.py\n",
        "deep/e.py": "def deeply_ignored(): ...\n",
    }
    for root in (repository(tmp_path / "r", files), write(tmp_path / "plain", files)):
        write(root, {"untracked.py": "def untracked(): ...\n"})
        with CodeIndex(root, embeddings=None, folder=tmp_path / f"i-{root.name}") as index:
            index.refresh()
            assert index.view().paths == ["a.py", "untracked.py"]


def test_a_part_of_a_repository_can_be_indexed_by_itself(shop, tmp_path):
    with CodeIndex(shop / "shop", embeddings=None, folder=tmp_path / "part") as index:
        assert index.search("round to cents", k=1)[0].path == "money.py"


def test_symbols_and_references_are_found_by_name(index):
    (total,) = find_symbol(index, "Cart.total")
    assert (total.path, total.start_line) == ("shop/cart.py", 19)
    assert symbols(find_symbol(index, "save")) == ["BaseStore.save"]
    assert find_symbol(index, "save", path="shop/cart.py") == []
    found = [(one.path, one.line, one.symbol, one.defines) for one in find_references(index, "round_price")]
    assert found == [
        ("shop/money.py", 6, "round_price", True),
        ("shop/cart.py", 3, "", False),
        ("shop/cart.py", 22, "Cart.total", False),
    ]
    assert find_references(index, "rice") == []


def test_a_folder_that_is_none_is_an_error_that_says_so(tmp_path):
    with pytest.raises(NoRepositoryError, match="no folder"):
        CodeIndex(tmp_path / "nowhere")


def test_two_processes_fill_one_index_at_once(shop, tmp_path):
    many = {f"many/m{n}.py": f"def function_{n}():\n    return {n}\n" for n in range(300)}
    write(shop, many)
    program = textwrap.dedent(
        """
        import sys
        from motet.memory.index import CodeIndex
        with CodeIndex(sys.argv[1], embeddings=None, folder=sys.argv[2]) as index:
            for n in range(0, 300, 60):
                assert index.search(f"function_{n}", k=1)[0].symbol == f"function_{n}"
            print(index.stats().files)
        """
    )
    command = [sys.executable, "-c", program, str(shop), str(tmp_path / "index")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in running:
        out, error = process.communicate(timeout=120)
        assert (process.returncode, out.strip()) == (0, "304"), error


def test_vectors_fill_in_behind_and_are_shared_and_kept(shop, tmp_path):
    with CodeIndex(shop, embeddings=WordEmbeddings(), folder=tmp_path / "i", background=False) as index:
        assert index.search("round to cents", k=1)[0].symbol == "round_price"  # words answer before there is a vector
        assert index.stats().embedded == 0
        told = []
        count = index.embed(lambda done, total: told.append((done, total)))
        assert told[-1] == (count, count)
        stats = index.stats()
        assert (stats.embedded, stats.pending) == (count, 0)
        assert count == stats.chunks - 2  # not the test and its module
        write(shop, {"shop/money.py": FILES["shop/money.py"] + "\n\ndef add_tax(price):\n    return price * 1.2\n"})
        assert index.embed() == 1  # the rest of the file stays as it was
    with CodeIndex(shop, embeddings=WordEmbeddings(), folder=tmp_path / "i", background=False) as index:
        assert index.embed() == 0
        only = [one for one in SIGNALS if one != "dense"]
        assert index.search("price times tax: add", k=1, without=only)[0].symbol == "add_tax"


def test_while_one_thread_embeds_another_finds_what_was_just_written(shop, tmp_path):
    told = threading.Event()
    with CodeIndex(shop, embeddings=WordEmbeddings(), folder=tmp_path / "i") as index:

        def search_meanwhile(done, total):
            write(shop, {"shop/late.py": "def written_meanwhile(): ...\n"})
            worker = threading.Thread(target=lambda: told.set() if index.search("written meanwhile") else None)
            worker.start()
            worker.join(30)

        index.embed(search_meanwhile)
        assert told.is_set()


def test_in_the_background_vectors_come_by_themselves_and_close_waits_for_no_end(shop, tmp_path):
    slow = SlowEmbeddings()
    index = CodeIndex(shop, embeddings=slow, folder=tmp_path / "i")
    assert index.search("round to cents", k=1)[0].symbol == "round_price"
    assert slow.asked.wait(30)
    index.close()
    with CodeIndex(shop, embeddings=SlowEmbeddings(), folder=tmp_path / "i", background=False) as again:
        stats = again.stats()
        assert stats.embedded + stats.pending == stats.chunks - 2


def test_what_no_worktree_has_had_for_long_is_forgotten_with_its_vectors(shop, tmp_path, monkeypatch):
    def opened():
        return CodeIndex(shop, embeddings=WordEmbeddings(), folder=tmp_path / "i", background=False)

    with opened() as index:
        index.embed()
    write(shop, {"shop/money.py": "def other(): ...\n"})
    with opened() as index:
        index.embed()
        assert len(kept(tmp_path / "i", "documents")) == 5  # the earlier state as well
        before = index.stats().embedded
    monkeypatch.setattr("motet.memory.index.storage.KEPT_SECONDS", -1)
    with opened() as index:
        index.refresh()
        assert len(kept(tmp_path / "i", "documents")) == 4
        assert index.stats().embedded == before == len(kept(tmp_path / "i", "embedded"))
        git(shop, "checkout", "-q", "shop/money.py")
        assert index.refresh().parsed == 1
        assert index.search("round to cents", k=1)[0].symbol == "round_price"


def kept(folder, table):
    with closing(sqlite3.connect(folder / "index.sqlite")) as database:
        return database.execute(f"SELECT * FROM {table}").fetchall()


def test_an_embedding_model_that_fails_leaves_the_words(shop, tmp_path, caplog):
    class Broken(WordEmbeddings):
        def embed_documents(self, texts):
            raise RuntimeError("no model today")

    with CodeIndex(shop, embeddings=Broken(), folder=tmp_path / "i") as index:
        index.refresh()
        assert index.search("round to cents", k=1)[0].symbol == "round_price"
        end = time.monotonic() + 30
        while index.stats().problem is None and time.monotonic() < end:
            time.sleep(0.01)
        assert "no model today" in index.stats().problem
        assert index.search("round to cents", k=1)[0].symbol == "round_price"
    assert "no model today" in caplog.text


class SlowEmbeddings(WordEmbeddings):
    def __init__(self):
        super().__init__()
        self.asked = threading.Event()

    def embed_documents(self, texts):
        self.asked.set()
        return super().embed_documents(texts)
