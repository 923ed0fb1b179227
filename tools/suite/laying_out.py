"""Lays a packed tree out in a folder. Runs in the sandbox; standard library only."""

import base64
import json
import os
import shutil
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

Packed = list[tuple[str, bytes, bool, str | None]]


def unpack(packed: bytes) -> Packed:
    """Path, content, whether it may be executed, where it leads: for every file of `Tree.packed`."""
    whole = memoryview(zlib.decompress(base64.b64decode(packed)))
    start = 12 + int(bytes(whole[:12]))
    return list(_entries(json.loads(bytes(whole[12:start])), whole[start:]))


def _entries(index: list[Any], contents: memoryview) -> Iterator[tuple[str, bytes, bool, str | None]]:
    at = 0
    for path, size, executable, link in index:
        yield path, bytes(contents[at : at + size]), executable, link
        at += size


def lay_out(root: str, entries: Packed, overlay: Mapping[str, bytes | None]) -> None:
    """Write the files, and over them those of the overlay."""
    made: set[str] = set()
    for path, content, executable, link in entries:
        if path in overlay:
            continue
        target = _room_for(root, path, made)
        if link is not None:
            os.symlink(link, target)
        else:
            write(target, content, executable)
    modes = {path: executable for path, _, executable, _ in entries if path in overlay}
    for path, content in overlay.items():
        if content is not None:
            write(_room_for(root, path, made), content, modes.get(path, False))


def write(target: str, content: bytes, executable: bool = False) -> None:
    """Write one file anew, whatever stands there."""
    if os.path.isdir(target) and not os.path.islink(target):
        shutil.rmtree(target)
    with suppress(FileNotFoundError):
        os.unlink(target)
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o755 if executable else 0o644)
    with open(descriptor, "wb") as file:
        file.write(content)


def _room_for(root: str, path: str, made: set[str]) -> str:
    target = os.path.join(root, path)
    folder = os.path.dirname(target)
    if folder not in made:
        os.makedirs(folder, exist_ok=True)
        made.add(folder)
    return target
