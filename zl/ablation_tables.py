"""What `zl ablation` prints, and the same as Markdown."""

from typing import Any

from rich.console import Console
from rich.table import Table

from ml.comparison import NOT_ENOUGH
from zl.score_tables import COLOURS, WORDS, chance_words, t_words
from zl.terminal import add_columns, narrow_table

KINDS = {"adds": "What each part adds", "alone": "What each part knows alone"}
HEARD = {
    False: "The stacker still hears what is left out: --restack fits it anew.",
    True: "The stacker was fitted anew without each part.",
}


def reading(result: dict[str, Any]) -> str:
    """What the columns mean, and how many verdicts chance alone would give."""
    return (
        "adds: percent of the loss that having the part saves (below 0: what it costs), against a forecast "
        "whose weights were chosen as if it had never been. alone: the same for half of it and half of the "
        "fallback, against the fallback, on the rows it has. Beside each the 95 % block-bootstrap interval, "
        "as wide as few windows ask for, and the HAC t. "
        "better, worse: two standard errors over ten or more independent windows; unclear: not enough "
        f"evidence; equal: no row differs. A benchmark goes as a candidate only: "
        "volatility_pool stays the unit of the learners' targets and half of the blend. "
        f"{HEARD[result['is_restacked']]} {chance_words(result['n_compared'])}".rstrip()
    )


def print_ablation(result: dict[str, Any], console: Console) -> None:
    """Print `zl.ablation.ablation`'s answer, a table a horizon."""
    if result["notice"]:
        console.print(result["notice"], style="yellow")
    if result["run"]["data_origin"] == "sample":
        console.print("SAMPLE DATA: simulated, not market prices; no view on soybean oil.", style="bold red")
    for one in result["horizons"]:
        console.print(horizon_table(one))
        console.print()
    console.print(reading(result), style="dim")


def horizon_table(one: dict[str, Any]) -> Table:
    """One horizon, a part a line."""
    n_windows = one["n"] / one["horizon_sessions"]
    table = narrow_table(f"{one['horizon']}: {one['n']:,} sessions, {n_windows:.0f} independent windows")
    add_columns(table, ("", "adds", "95 % of it", "t", "", "alone", "95 % of it", "t", ""))
    for part in one["parts"]:
        table.add_row(part["name"], *cells(part["adds"]), *cells(part["alone"]))
    return table


def cells(found: dict[str, Any] | None) -> list[str]:
    """Percent, interval, t and verdict."""
    if found is None:
        return ["", "", "", ""]
    if found["verdict"] == "equal":
        return ["0", "", "", "[dim]equal[/dim]"]
    word = found["verdict"]
    return [
        f"{found['skill_pct']:+.2f}",
        interval(found),
        t_words(found["t"]),
        f"[{COLOURS[word]}]{WORDS.get(word, word)}[/]",
    ]


def interval(found: dict[str, Any]) -> str:
    """Both ends, a digit less from ten on."""
    ends = (found["low_pct"], found["high_pct"])
    return "" if None in ends else " ".join(f"{end:+.{1 if abs(end) >= 9.995 else 2}f}" for end in ends)


def markdown(result: dict[str, Any]) -> str:
    """Two tables, part by horizon: percent, t and interval; better and worse in bold."""
    horizons = result["horizons"]
    head = [f"{one['horizon']} ({one['n'] / one['horizon_sessions']:.0f} windows)" for one in horizons]
    blocks = []
    for kind, title in KINDS.items():
        rows = [f"**{title}**", "", f"| part | {' | '.join(head)} |", "|---" * (len(head) + 1) + "|"]
        for parts in zip(*(one["parts"] for one in horizons), strict=True):
            if any(part[kind] for part in parts):
                rows.append(f"| {parts[0]['name']} | {' | '.join(cell(part[kind]) for part in parts)} |")
        blocks.append("\n".join(rows))
    run = result["run"]
    made = f"Run {run['run_id']}, effort {run['effort']}, {run['data_origin']}, to {run['last_as_of_date']}."
    return "\n\n".join([*blocks, reading(result), made]) + "\n"


def cell(found: dict[str, Any] | None) -> str:
    """`+0.12 (t 1.12; -0.10 +0.30)`."""
    if found is None:
        return ""
    if found["verdict"] == "equal":
        return "equal"
    t = "" if found["t"] is None else f"t {t_words(found['t'])}; "
    text = f"{found['skill_pct']:+.2f} ({t}{interval(found)})"
    return text if found["verdict"] == NOT_ENOUGH else f"**{text} {found['verdict']}**"
