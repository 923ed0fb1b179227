"""The pages for users are true: their Python runs, their links lead somewhere.

Each page is one program: its blocks share a namespace and run in order, in an empty folder. Real models are forbidden
unless the page says `<!--- needs: model -->`. What would distract a reader stands in an `invisible-code-block`; there a
page may say `models_answer("def add(a, b): ...", planner=[...])`, and every model that it names as `local` or as
`provider:name` answers from that script.
"""

import re
from contextlib import suppress
from pathlib import Path
from unittest import SkipTest

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser, SkipParser

from motet.models import ScriptedChatModel, forbid_model_requests

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
NEEDS_MODEL = "<!--- needs: model -->"
SYBIL = Sybil(parsers=[PythonCodeBlockParser(), SkipParser()])


def named(page):
    marks = [pytest.mark.bubblewrap, *([pytest.mark.model] if NEEDS_MODEL in page.read_text() else [])]
    return pytest.param(page, id=str(page.relative_to(ROOT)), marks=marks)


@pytest.fixture
def models_answer(monkeypatch):
    def answer(*code, **roles):
        model = ScriptedChatModel([f"```python\n{one}\n```" for one in code] * 10, name="qwen2.5-coder-1.5b", **roles)
        monkeypatch.setattr("motet.models.resolve._local", lambda which: model)
        monkeypatch.setattr("motet.models.resolve._provided", lambda provider, name: model)
        return model

    return answer


@pytest.mark.parametrize("page", [named(page) for page in PAGES])
def test_the_code_of_a_page_runs(page, tmp_path, monkeypatch, models_answer):
    monkeypatch.chdir(tmp_path)
    document = SYBIL.parse(page)
    document.namespace.update(__name__="__page__", models_answer=models_answer)
    if NEEDS_MODEL in document.text:
        run(document)
    else:
        with forbid_model_requests():
            run(document)


def run(document):
    for example in document.examples():
        with suppress(SkipTest):  # the next test sees to it that the page says why
            example.evaluate()


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_what_a_page_skips_has_a_reason_and_its_links_lead_somewhere(page):
    text = page.read_text()
    for told in re.findall(r"<!--+ skip:(.*?)--+>", text):
        assert re.search(r'"\w.+"', told) or told.strip() == "end", f"{page.name} skips without a reason: {told}"
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        assert re.match(r"https?:", target) or (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", ["compose.md", "embedding.md"])
def test_rewiring_a_team_takes_less_than_25_lines_of_a_users_code(page):
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / "docs" / page).read_text(), re.DOTALL | re.MULTILINE)
    counts = [sum(bool(line.strip()) for line in block.splitlines()) for block in blocks]
    assert len(counts) > 3
    assert max(counts) < 25, counts


def test_the_index_names_every_page():
    index = (ROOT / "docs" / "README.md").read_text()
    missing = [page.name for page in PAGES if page.parent.name == "docs" and f"({page.name})" not in index]
    assert missing in ([], ["README.md"])
