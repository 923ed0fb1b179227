"""Small repositories for the tests of the codebase index."""

import subprocess
from pathlib import Path

FILES = {
    "shop/cart.py": '''"""What a customer wants to buy."""

from shop.money import round_price
from shop.storage import BaseStore


class Cart(BaseStore):
    """A cart.

    It forgets itself after a day.
    """

    LIMIT = 99

    def __init__(self, owner):
        self.owner = owner
        self.items = {}

    @property
    def total(self):
        """The price of everything in the cart."""
        return round_price(sum(price for price, count in self.items.values()))

    def merge_guest_cart(self, guest):
        """Take over what a guest had chosen before logging in."""
        self.items.update(guest.items)


def empty(cart):
    cart.items.clear()
''',
    "shop/money.py": '''"""Prices."""

CENT = 100


def round_price(amount):
    """Round half up to whole cents, as tax law wants it."""
    return int(amount * CENT + 0.5) / CENT


def parse_amount(text):
    """Read an amount as people type it: with a comma or a point."""
    return float(text.replace(",", "."))
''',
    "shop/storage.py": '''"""Keeps things."""


class BaseStore:
    """What can be kept."""

    def save(self, path):
        """Write everything to a file."""
        with open(path, "w") as file:
            file.write(repr(vars(self)))
''',
    "tests/test_cart.py": """from shop.cart import Cart


def test_merge_guest_cart_takes_over_what_a_guest_had_chosen():
    Cart("ada").merge_guest_cart(Cart("guest"))
""",
    "README.md": "A shop.\n",
}


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def repository(root: Path, files: dict[str, str | bytes] = FILES) -> Path:
    """A repository with one commit."""
    write(root, files)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "Begin")
    return root
