"""Fetches source distributions by their hash.

Not with `pip download`: to learn what a package needs, pip runs its build on the host. Here a file is fetched, hashed
and unpacked, and nothing of it is run. Where to look is taken from pip's own settings, so that a mirror serves as well.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
from filelock import FileLock

from motet.evals.repairs.package import Package, find_package
from motet.models import cache_folder

PYPI = "https://pypi.org/simple"
LINK = re.compile(r"""href\s*=\s*["']([^"'#]+)""")
SECONDS = 120.0
ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"


class FetchError(RuntimeError):
    """A package could not be fetched, or was not the one that was expected."""


def fetch_package(package: str | Package) -> Path:
    """Give the folder of a package's source, fetched once and then kept in motet's cache.

    Args:
        package: One of the list, or its name there.

    Raises:
        UnknownPackageError: No package of the list has this name.
        FetchError: No index has it, or its hash is another one.
    """
    wanted = find_package(package) if isinstance(package, str) else package
    place = cache_folder() / "repairs" / f"{wanted.name}-{wanted.version}-{wanted.sha256[:12]}"
    place.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{place}.lock"):
        if not place.is_dir():
            _extract(_download(wanted), place)
    return place


def _download(package: Package) -> bytes:
    problems = []
    for index in _indexes():
        try:
            content = _from_index(index, package)
        except (httpx.HTTPError, ValueError, KeyError) as error:
            problems.append(f"{urlsplit(index).hostname}: {error or type(error).__name__}")
            continue
        if content is None:
            problems.append(f"{urlsplit(index).hostname}: no such source distribution")
        elif hashlib.sha256(content).hexdigest() == package.sha256:
            return content
        else:
            problems.append(f"{urlsplit(index).hostname}: the file has another hash than {package.sha256[:12]}...")
    raise FetchError(
        f"Could not fetch {package.name} {package.version} ({'; '.join(problems)}). Check the network and pip's "
        "index-url; `pip config list` shows it."
    )


def _from_index(index: str, package: Package) -> bytes | None:
    page = f"{index.rstrip('/')}/{re.sub(r'[-_.]+', '-', package.name).lower()}/"
    # pip's own certificates where they are set; httpx itself heeds SSL_CERT_FILE and proxies.
    with httpx.Client(follow_redirects=True, timeout=SECONDS) as client:
        answer = client.get(page, headers={"Accept": ACCEPT})
        answer.raise_for_status()
        if "json" in answer.headers.get("content-type", ""):
            links = [file["url"] for file in answer.json()["files"]]
        else:
            links = LINK.findall(answer.text)
        for link in links:
            if _is_the_one(urlsplit(link).path.rsplit("/", 1)[-1], package):
                file = client.get(urljoin(str(answer.url), link))
                file.raise_for_status()
                return file.content
    return None


def _is_the_one(name: str, package: Package) -> bool:
    found = re.fullmatch(r"(.+)-([^-]+)\.tar\.gz", name)
    if found is None or found[2] != package.version:
        return False
    return re.sub(r"[-_.]+", "-", found[1]).lower() == re.sub(r"[-_.]+", "-", package.name).lower()


def _indexes() -> Iterator[str]:
    """Where pip would look, over the network."""
    settings = {}
    done = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False)
    for line in done.stdout.splitlines():
        key, _, value = line.partition("=")
        settings[key.rsplit(".", 1)[-1]] = value.strip("'\"")
    main = os.environ.get("PIP_INDEX_URL") or settings.get("index-url") or PYPI
    more = os.environ.get("PIP_EXTRA_INDEX_URL") or settings.get("extra-index-url") or ""
    yield from (one for one in (main, *more.replace("\\n", " ").split()) if one.startswith(("https://", "http://")))


def _extract(content: bytes, place: Path) -> None:
    """Unpack the archive's one folder; links and paths that lead outside are refused."""
    with tempfile.TemporaryDirectory(dir=place.parent, prefix=".fetching-") as scratch:
        try:
            with tarfile.open(fileobj=BytesIO(content), mode="r:gz") as archive:
                archive.extractall(scratch, filter="data")
        except tarfile.TarError as error:
            raise FetchError(f"The archive for {place.name} cannot be unpacked: {error}.") from error
        folders = [one for one in Path(scratch).iterdir() if one.is_dir()]
        if len(folders) != 1:
            raise FetchError(f"The archive for {place.name} does not hold one folder, as source distributions do.")
        shutil.move(folders[0], place)
