"""What is asked for stands in the seeds, beside its unit and its bounds."""

from __future__ import annotations

import csv
from pathlib import Path

SEEDS = Path(__file__).parents[1] / "seeds"


def seed_rows(name: str) -> list[dict[str, str]]:
    """Rows of `seeds/<name>.csv`, all values text."""
    with (SEEDS / f"{name}.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))
