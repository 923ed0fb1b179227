"""The whole suite in one class."""

from motet.memory.conformance.awaiting import Awaiting
from motet.memory.conformance.finding import Finding
from motet.memory.conformance.keeping import Keeping
from motet.memory.conformance.likeness import Likeness
from motet.memory.conformance.living import Living


class StoreConformance(Keeping, Finding, Likeness, Living, Awaiting):
    """Subclass it, define the fixture `open_store`, and set the flags of `Conformance` where your store differs."""
