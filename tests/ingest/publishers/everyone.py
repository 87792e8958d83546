"""All imitations at once, by source, and keys that they take."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from server import Publisher

from ingest.sources import SOURCES

HERE = Path(__file__).parent


def everyone(landing: Path) -> tuple[dict[str, Publisher], dict[str, str]]:
    """A publisher for every source, speaking for the landing folder, and the keys by their variables."""
    publishers, keys = {}, {}
    for path in sorted(HERE.glob("*.py")):
        module = import_module(path.stem)
        made = getattr(module, "PUBLISHERS", {})
        if hasattr(module, "publisher"):
            made = {
                source.name: module.publisher
                for source in SOURCES.values()
                if set(source.tables) <= set(module.TABLES)
            }
        for name, publisher in made.items():
            publishers[name] = publisher(landing)
            if SOURCES[name].key:
                variable = SOURCES[name].key.variable
                keys[variable] = getattr(module, "KEY", f"{name}-key-of-a-test")
    return publishers, keys
