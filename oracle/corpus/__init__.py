"""The corpus made by hand: what is accepted and rejected, for every part of a descriptor."""

from case import Case
from corpus import constraints, dialects, headers, keys, numbers, shapes, temporal, texts

CASES: list[Case] = [
    case for module in (texts, numbers, temporal, constraints, dialects, headers, keys, shapes) for case in module.CASES
]
