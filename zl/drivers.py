"""Who speaks in the newest forecast, how far each part moves it, and who is silent."""

import math
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from zl.served import Served
from zl.terminal import add_columns, narrow_table

KINDS = ("benchmark", "driver", "main", "chronos", "stacker")
"""In the order they are shown; only a benchmark may be without weight and not be called silent."""

PARTS_QUERY = """
select
    model_name, kind, is_fallback, voice, weight, p50_log, median_shift_log,
    100 * width_shift_frac as width_shift_pct, reason
from forecasts.driver_weights
where horizon = ?
order by list_position(?, kind), weight desc nulls last, model_name
"""
PARTS_READ = """\
%: weight; cents: how far it moves the median from the close, cents/lb; band: percent by which it widens the
fallback's p10..p90. Silent: whatever it says today changes nothing.""".replace("\n", " ")


def horizon_drivers(served: Served, horizon: str, close_cents_per_lb: float) -> dict[str, Any]:
    """The parts of one horizon of the newest forecast, as plain data.

    Returns
    -------
    dict with `horizon`, `parts` (every forecaster: kind, whether weights rest on it, voice, weight,
    `median_shift_cents_per_lb`, `width_shift_pct`; null where it is no candidate), their sums (`weight`,
    `median_shift_cents_per_lb`, `width_shift_pct`), `silent` and `through_the_stacker` (names, benchmarks
    left out), `stacker_weight`, and `reason`: why the weights are what they are.

    Raises
    ------
    ServedError
        Tables of another version.
    """
    parts = served.rows(PARTS_QUERY, [horizon, list(KINDS)])
    reason = parts[0]["reason"] if parts else ""
    shift_log = math.fsum(part["median_shift_log"] or 0.0 for part in parts)
    # A cent a log, so that the parts add up to the median's distance from the close.
    cents = close_cents_per_lb * (math.expm1(shift_log) / shift_log if shift_log else 1.0)
    for part in parts:
        moved = part.pop("median_shift_log")
        part["median_shift_cents_per_lb"] = None if moved is None else cents * moved
        del part["reason"]
    heard = [part for part in parts if part["weight"]]
    answer: dict[str, Any] = {"horizon": horizon, "parts": parts, "reason": reason}
    for name in ("weight", "median_shift_cents_per_lb", "width_shift_pct"):
        answer[name] = math.fsum(part[name] for part in heard)
    learners = [part for part in parts if part["kind"] != KINDS[0]]
    for name, voice in (("silent", "silent"), ("through_the_stacker", "stacker")):
        answer[name] = [part["model_name"] for part in learners if part["voice"] == voice]
    answer["stacker_weight"] = math.fsum(part["weight"] for part in heard if part["kind"] == "stacker")
    return answer


def silent_words(drivers: dict[str, Any]) -> str:
    """`silent: china, tariff` of one horizon; and who is heard through the stacker alone."""
    n_drivers = sum(part["kind"] == "driver" for part in drivers["parts"])
    kinds = {part["model_name"]: part["kind"] for part in drivers["parts"]}

    def listed(names: list[str]) -> str:
        own = [name for name in names if kinds[name] == "driver"]
        if own and len(own) == n_drivers > 1:
            names = [f"all {n_drivers} drivers", *(name for name in names if name not in own)]
        return ", ".join(names) or "none"

    words = f"silent: {listed(drivers['silent'])}"
    if drivers["through_the_stacker"]:
        share = percent(drivers["stacker_weight"])
        words += f"; only through the stacker ({share} %): {listed(drivers['through_the_stacker'])}"
    return words


def print_drivers(drivers: list[dict[str, Any]], console: Console) -> None:
    """Print the parts that have weight, and under them who is silent, with the proof."""
    console.print(drivers_table(drivers))
    console.print(PARTS_READ, style="dim")
    for one in drivers:
        console.print(f"{one['horizon']}  {silent_words(one)}")
        console.print(Padding(Text(one["reason"], style="dim"), (0, 0, 0, 4)))


def drivers_table(drivers: list[dict[str, Any]]) -> Table:
    """A line for each part that has weight at some horizon; the last line is their sum."""
    table = narrow_table("Who speaks today")
    add_columns(table, ("", *(head for one in drivers for head in (f"{one['horizon']}\n%", "cents", "band"))))
    for column in table.columns[1::3]:
        column.min_width = 4
    rows: dict[str, list[str]] = {}
    names = [part["model_name"] for one in drivers for part in one["parts"] if part["weight"]]
    for name in speaking_order(drivers, names):
        rows[name] = []
        for one in drivers:
            found = [part for part in one["parts"] if part["model_name"] == name and part["weight"]]
            rows[name] += shift_cells(found[0]) if found else ["", "", ""]
    rows["together"] = [cell for one in drivers for cell in shift_cells(one)]
    for name, cells in rows.items():
        table.add_row(name, *cells, style="bold" if name == "together" else None)
    return table


def speaking_order(drivers: list[dict[str, Any]], names: list[str]) -> list[str]:
    """`names` once each: by kind, then by weight over all horizons, then by name."""
    kinds = {part["model_name"]: KINDS.index(part["kind"]) for one in drivers for part in one["parts"]}
    weights = dict.fromkeys(names, 0.0)
    for one in drivers:
        for part in one["parts"]:
            if part["model_name"] in weights:
                weights[part["model_name"]] += part["weight"] or 0.0
    return sorted(weights, key=lambda name: (kinds[name], -weights[name], name))


def shift_cells(part: dict[str, Any]) -> list[str]:
    """Weight in percent, cents/lb of the median, percent of the band's width."""
    return [
        percent(part["weight"]),
        signed(part["median_shift_cents_per_lb"], 3),
        signed(part["width_shift_pct"], 2),
    ]


def percent(weight: float) -> str:
    """`14`, `1.6`; a weight that would be written 0.0 is `<.1`."""
    if weight == 0:
        return "0"
    if weight < 0.0005:
        return "<.1"
    return f"{100 * weight:.{1 if weight < 0.0995 else 0}f}"


def signed(value: float, digits: int) -> str:
    """`+.012`, with a digit less for every place before the point; what rounds to nothing is `0`."""
    places = len(f"{abs(value):.{digits}f}".split(".")[0].lstrip("0"))
    text = f"{value:+.{max(0, digits - places)}f}"
    return "0" if float(text) == 0 else text.replace("0.", ".", 1) if not places else text
