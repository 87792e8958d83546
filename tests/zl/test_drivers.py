"""Who speaks and who is silent: weights and shifts add up, and a silent driver is called silent."""

import io
import math

import pytest
from rich.console import Console

from zl.drivers import horizon_drivers, percent, print_drivers, signed, silent_words, speaking_order
from zl.served import open_served


def part(name: str, kind: str, weight: float | None, voice: str | None = None, cents: float = 0.0) -> dict:
    """A part as `horizon_drivers` gives it."""
    return {
        "model_name": name,
        "kind": kind,
        "voice": voice or ("itself" if weight else "silent"),
        "weight": weight,
        "median_shift_cents_per_lb": None if weight is None else cents,
        "width_shift_pct": None if weight is None else 0.0,
    }


def horizon(*parts: dict, name: str = "1w", **others) -> dict:
    """A horizon as `horizon_drivers` gives it."""
    silent = {"silent": "silent", "through_the_stacker": "stacker"}
    return {
        "horizon": name,
        "parts": list(parts),
        "reason": "t 2.1",
        "weight": sum(one["weight"] or 0 for one in parts),
        "median_shift_cents_per_lb": sum(one["median_shift_cents_per_lb"] or 0 for one in parts),
        "width_shift_pct": 0.0,
        "stacker_weight": sum(one["weight"] or 0 for one in parts if one["kind"] == "stacker"),
        **{
            key: [one["model_name"] for one in parts if one["voice"] == voice and one["kind"] != "benchmark"]
            for key, voice in silent.items()
        },
    } | others


def printed(*horizons: dict) -> list[str]:
    """Lines of the table and the lists under it, 80 columns."""
    console = Console(width=80, record=True, file=io.StringIO(), highlight=False)
    print_drivers(list(horizons), console)
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_the_parts_add_up_to_the_median_s_distance_from_the_close(served_db):
    with open_served(served_db) as served:
        found = horizon_drivers(served, "1w", 50.0)
    assert found["weight"] == pytest.approx(1)
    assert found["median_shift_cents_per_lb"] == pytest.approx(50 * math.expm1(0.2 * 0.02))
    assert found["width_shift_pct"] == pytest.approx(5)  # a fifth of a band wider by a quarter
    assert found["silent"] == ["china", "main"] and found["through_the_stacker"] == []
    assert found["reason"] == "greedy weights followed by 20%, t 2.1, 2021-01-01"


def test_a_silent_driver_is_called_silent_with_the_proof():
    lines = printed(
        horizon(part("pool", "benchmark", 1.0), part("china", "driver", 0.0), part("fed", "driver", 0.2))
    )
    assert "1w  silent: china" in lines
    assert lines[lines.index("1w  silent: china") + 1] == "    t 2.1"
    assert not [line for line in lines if line.startswith("china")]


def test_who_is_heard_through_the_stacker_alone_is_not_called_silent():
    stacked = [part(name, "driver", 0.0, "stacker") for name in ("china", "fed")]
    heard = horizon(part("pool", "benchmark", 0.9), *stacked, part("stack_l2", "stacker", 0.1))
    assert silent_words(heard) == "silent: none; only through the stacker (10 %): all 2 drivers"


def test_benchmarks_without_weight_are_no_silent_drivers_and_all_drivers_are_one_word():
    one = horizon(
        part("pool", "benchmark", 1.0), part("ewma", "benchmark", 0.0), part("china", "driver", 0.0),
        part("fed", "driver", 0.0), part("main", "main", None), part("stack_l2", "stacker", 0.0),
    )  # fmt: skip
    assert silent_words(one) == "silent: all 2 drivers, main, stack_l2"


def test_the_last_line_is_the_sum_and_80_columns_hold_large_moves():
    parts = (part("volatility_pool", "benchmark", 0.58), part("fed", "driver", 0.42, cents=-12.3456))
    lines = printed(*(horizon(*parts, name=name) for name in ("1w", "1m", "3m", "6m")))
    (total,) = [line for line in lines if line.startswith("together")]
    assert total.split() == ["together", *(4 * ["100", "-12.3", "0"])]
    assert max(len(line) for line in lines) <= 80 and not any("…" in line for line in lines)


def test_parts_stand_by_kind_then_weight():
    one = horizon(
        part("stack_l2", "stacker", 0.5), part("fed", "driver", 0.1), part("crush", "driver", 0.2),
        part("pool", "benchmark", 0.2),
    )  # fmt: skip
    assert speaking_order([one], ["stack_l2", "fed", "crush", "pool"]) == ["pool", "crush", "fed", "stack_l2"]


def test_small_weights_and_moves_are_not_written_as_others():
    assert [percent(weight) for weight in (0, 0.0004, 0.001, 0.0156, 0.0996, 1)] == [
        *("0", "<.1", "0.1", "1.6", "10", "100")
    ]
    cells = [signed(value, 3) for value in (0.0, -0.0, 0.0001, 0.0124, -0.5, 1.234, 12.34, -123.4)]
    assert cells == ["0", "0", "0", "+.012", "-.500", "+1.23", "+12.3", "-123"]
