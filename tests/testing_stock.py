"""A small package of our own that repair tasks are made of in the tests."""

from pathlib import Path

STOCK = {
    "pyproject.toml": '[project]\nname = "stock"\nversion = "1.0"\n',
    "stock/__init__.py": '"""What lies in a store."""\n',
    "stock/shelf.py": '''"""Shelves."""


class Shelf:
    """Holds things in the order of their arrival."""

    def __init__(self, room=3):
        self.room = room
        self.things = []

    def put(self, thing):
        """Put a thing on it, unless it is full."""
        if len(self.things) >= self.room:
            raise ValueError("the shelf is full")
        self.things.append(thing)
        return len(self.things)

    def newest(self, count=1):
        """The things that came last."""
        return self.things[len(self.things) - count :]
''',
    "stock/money.py": '''"""Prices."""


def total(prices, discount=0):
    """The sum of prices in cents, less a discount in percent."""
    whole = sum(prices)
    if not discount:
        return whole
    return whole - whole * discount // 100


def cheapest(prices):
    """The lowest price and where it stands."""
    best = min(prices)
    return best, prices.index(best)
''',
    "tests/test_shelf.py": """import unittest

from stock.shelf import Shelf


class ShelfTest(unittest.TestCase):
    def test_put_counts(self):
        shelf = Shelf()
        self.assertEqual(shelf.put("a"), 1)
        self.assertEqual(shelf.put("b"), 2)

    def test_full_shelf_refuses(self):
        shelf = Shelf(room=1)
        shelf.put("a")
        self.assertRaises(ValueError, shelf.put, "b")

    def test_newest(self):
        shelf = Shelf()
        shelf.put("a")
        shelf.put("b")
        self.assertEqual(shelf.newest(), ["b"])
        self.assertEqual(shelf.newest(2), ["a", "b"])

    def test_room(self):
        self.assertEqual(Shelf(2).room, 2)
""",
    "tests/test_money.py": """import pytest

from stock.money import cheapest, total

PRICES = [300, 100, 200]


@pytest.mark.parametrize(("discount", "expected"), [(0, 600), (50, 300), (100, 0)])
def test_total_with_discount(discount, expected):
    assert total(PRICES, discount) == expected


def test_total_of_nothing():
    assert total([]) == 0


def test_cheapest_comes_with_its_place():
    assert cheapest(PRICES) == (100, 1)
""",
}


def write_stock(folder: Path) -> Path:
    for path, text in STOCK.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    return folder
