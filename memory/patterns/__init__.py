"""What the team solved, how, and the proof: patterns that earned their place."""

from motet.memory.patterns.admission import Admission
from motet.memory.patterns.interface import Interface
from motet.memory.patterns.kinship import Kinship
from motet.memory.patterns.opening import memory_folder, open_memory, reembed_memory, resolve_memory
from motet.memory.patterns.pattern import Draft, Earlier, Pattern, PatternTests, Proof, Source
from motet.memory.patterns.pattern_memory import MemoryStats, PatternMemory
from motet.memory.patterns.portable import ImportReport
from motet.memory.patterns.recalling import Recalled
from motet.memory.patterns.renaming import renamed
from motet.memory.patterns.retriever import PatternRetriever
from motet.memory.patterns.uses import Use, Worth

__all__ = [
    "Admission",
    "Draft",
    "Earlier",
    "ImportReport",
    "Interface",
    "Kinship",
    "MemoryStats",
    "Pattern",
    "PatternMemory",
    "PatternRetriever",
    "PatternTests",
    "Proof",
    "Recalled",
    "Source",
    "Use",
    "Worth",
    "memory_folder",
    "open_memory",
    "reembed_memory",
    "renamed",
    "resolve_memory",
]
