"""What a docstring shows is what the function gives."""

import doctest
import importlib
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
WITH_EXAMPLES = sorted(
    f"{package}.{path.stem}"
    for package in ("ingest", "ml", "sample", "zl")
    for path in (PROJECT / package).glob("*.py")
    if ">>>" in path.read_text()
)


@pytest.mark.parametrize("module", WITH_EXAMPLES)
def test_every_example_in_a_docstring_holds(module):
    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted > 0 and found.failed == 0


def test_there_are_examples_to_hold():
    assert WITH_EXAMPLES
