"""What `zl score` prints: tables that fit 80 columns."""

from typing import Any

from rich.console import Console
from rich.table import Table

from ml.comparison import NOT_ENOUGH
from zl.record import fresh_words
from zl.terminal import add_columns, narrow_table

LAST_VINTAGE_READERS = ("biofuel", "china", "crush", "fed", "fx", "main", "tariff")
"""Learners with a feature whose `vintage` is `latest` in models/features/_features.yml."""
# Of pairs that are equal the rule calls .065 to .084 different, not .05: about one in thirteen ("How sure a
# verdict is" in docs/experiments.md).
COMPARISONS_PER_FALSE_VERDICT = 13
# Of fewer than these chance alone makes up less than one verdict.
MIN_COUNTED_COMPARISONS = 10
COLOURS = {"better": "green", "worse": "red", "equal": "dim", NOT_ENOUGH: "dim"}
WORDS = {NOT_ENOUGH: "unclear"}
MODELS_READ = """\
loss: mean pinball x 100. ewma, pool: percent of their loss saved on the same sessions; beside EWMA's a 95 %
block-bootstrap interval, as wide as few windows ask for (so that it may hold 0 beside a t just over two),
and the t of Diebold and Mariano. better, worse: by two standard errors over ten or more independent
windows; unclear: not enough evidence. *: in the model confidence set (90 %). band: share of outcomes in
p10..p90, tails: below p10/above p90, in percent; !: more than two standard errors off. PIT: p-value of
uniformity.""".replace("\n", " ")
RISK_READ = """\
all: percent of all sessions with a loss beyond VaR; the rest on every h-th, from the start with the median
number of them. hits: losses beyond VaR, and how many were expected; p-values of Kupiec (exact), of
Christoffersen's independence (ind.) and of conditional coverage; starts: share of the h possible starts from
which Kupiec rejects; Z2: Acerbi and Szekely, below 0 if VaR and CVaR were too small, and its
p-value.""".replace("\n", " ")
PERIODS_READ = """\
Percent of EWMA's loss saved, and share of outcomes in the band, below p10/above p90. A right recipe loses to
EWMA over two years one time in four to six. Empty: hardly more than one independent window. Volatility
terciles describe: they are cut over the whole record.""".replace("\n", " ")
PANEL_READ = """\
Percent of EWMA's loss saved, mean over sessions of the mean over the roots other than ZL, with its t; roots:
on how many the whole record is better. ZL alone is too short to tell volatility methods
apart.""".replace("\n", " ")
# A year of 6m holds two windows; half a one says nothing.
MIN_SHOWN_WINDOWS = 1.5
KIND_WORDS = {"year": "", "volatility_tercile": "volatility ", "trailing_sessions": "last "}


def print_scores(card: dict[str, Any], console: Console) -> None:
    """Print `zl.scorecard.scorecard`'s answer."""
    if card["notice"]:
        console.print(card["notice"], style="yellow")
    if card["run"].get("data_origin") == "sample":
        console.print("SAMPLE DATA: simulated, not market prices; no view on soybean oil.", style="bold red")
    for scores in card["horizons"]:
        console.print(model_table(scores))
        if scores.get("median_saved_pct") is not None:
            console.print(
                "Of the last close's mean absolute error the ensemble's median saves "
                f"{scores['median_saved_pct']:+.2f} %.",
                style="dim",
            )
        if fewer_words(scores):
            console.print(fewer_words(scores), style="dim")
        console.print()
    console.print(f"{MODELS_READ} {hindsight(card)}", style="dim")
    risk = [(scores["horizon"], row) for scores in card["horizons"] for row in scores.get("risk", [])]
    for rows, table_of, words in (
        (card["panel"], panel_table, PANEL_READ),
        (risk, risk_table, RISK_READ),
        (card["periods"], period_table, PERIODS_READ),
    ):
        if rows:
            console.print()
            console.print(table_of(rows))
            console.print(words, style="dim")


def model_table(scores: dict[str, Any]) -> Table:
    """One horizon, a forecaster a line, best first."""
    first = scores["models"][0]
    n_eff = max(score["n_effective"] for score in scores["models"])
    table = narrow_table(
        f"{scores['horizon']}: {min(s['first_date'] for s in scores['models'])} to {first['last_date']}, "
        f"{max(s['n'] for s in scores['models']):,} sessions, {n_eff:.0f} independent windows"
    )
    headers = ("", "loss", "ewma", "95 % of it", "t", "", "pool", "band", "tails", "PIT")
    add_columns(table, headers)
    for score in scores["models"]:
        ewma, pool = score["benchmarks"].get("ewma"), score["benchmarks"].get("volatility_pool")
        name = ("*" if score["is_in_confidence_set"] else " ") + score["model_name"]
        table.add_row(
            name,
            f"{100 * score['pinball']:.4f}",
            *comparison_cells(ewma),
            f"{pool['skill_pct']:+.2f}" if pool and pool["verdict"] != "equal" else "-",
            percent(score, "coverage"),
            f"{percent(score, 'below_p10')}/{percent(score, 'above_p90')}",
            p_words(score["pit_p_value"]),
            style="bold" if score["model_name"] == "ensemble" else None,
        )
    return table


def hindsight(card: dict[str, Any]) -> str:
    """What the rows cannot prove, in sentences: whoever chose the recipe has seen them, and looked often."""
    compared = [score["benchmarks"].get("ewma") for row in card["horizons"] for score in row["models"]]
    n = sum(found is not None and found["verdict"] != "equal" for found in compared) + len(card["panel"])
    *names, last = LAST_VINTAGE_READERS
    words = (
        fresh_words(card["horizons"]),
        chance_words(n, " with EWMA (the panel's too)"),
        "Of some revised series, NASS crush and EPA's RIN prices among them, a history delivered late holds "
        f"the last version: {', '.join(names)} and {last} read some.",
    )
    return " ".join(word for word in words if word)


def chance_words(n: int, of_what: str = "") -> str:
    """How many of `n` comparisons chance alone would call better or worse; empty for a few."""
    if n < MIN_COUNTED_COMPARISONS:
        return ""
    return (
        f"Of {n} comparisons{of_what} chance alone would call about {n / COMPARISONS_PER_FALSE_VERDICT:.0f} "
        "better or worse."
    )


def t_words(t: float | None) -> str:
    """Two decimals, one from ten on, so that a t short of two is not written as two; empty without one."""
    return "" if t is None else f"{t:.{1 if abs(t) >= 9.995 else 2}f}"


def fewer_words(scores: dict[str, Any]) -> str:
    """Who has fewer sessions than the others, in a sentence; empty when nobody has."""
    most = max(score["n"] for score in scores["models"])
    names = [f"{score['model_name']} {score['n']:,}" for score in scores["models"] if score["n"] < most]
    return f"Fewer sessions, so another loss: {', '.join(names)}." if names else ""


def comparison_cells(found: dict[str, Any] | None) -> list[str]:
    """Skill, interval, t and verdict."""
    if found is None or found["verdict"] == "equal":
        return ["-", "", "", ""]
    word = found["verdict"]
    low, high = found["low_pct"], found["high_pct"]
    return [
        f"{found['skill_pct']:+.2f}",
        "" if low is None else f"{low:+.1f} {high:+.1f}",
        t_words(found["t"]),
        f"[{COLOURS[word]}]{WORDS.get(word, word)}[/]",
    ]


def percent(score: dict[str, Any], name: str) -> str:
    """A share in percent, with ! where chance does not explain it."""
    return f"{100 * score[name]:.0f}" + ("!" if score[f"{name}_verdict"].startswith("too") else "")


def p_words(p_value: float | None) -> str:
    """`.04`, `<.01`, or nothing."""
    if p_value is None:
        return "-"
    return "<.01" if p_value < 0.005 else f"{p_value:.2f}".removeprefix("0")


def risk_table(risk: list[tuple[str, dict[str, Any]]]) -> Table:
    """VaR and CVaR tests, a horizon, level and side a line."""
    table = narrow_table("Risk on both sides against what came")
    headers = ("", "VaR", "all", "hits", "n", "Kupiec", "ind.", "both", "starts", "Z2", "p", "")
    add_columns(table, headers)
    for horizon, row in risk:
        is_off = row["verdict"] not in ("within chance", NOT_ENOUGH)
        table.add_row(
            horizon,
            f"{row['side']} {row['level_pct']}",
            f"{100 * row['hit_share_all_sessions']:.1f}",
            f"{row['n_hits']} ({row['n_expected']:.1f})",
            str(row["n_origins"]),
            p_words(row["kupiec_exact_p_value"]),
            p_words(row["independence_p_value"]),
            p_words(row["conditional_coverage_p_value"]),
            f"{100 * row['rejecting_starts_share']:.0f} %",
            f"{row['z2']:+.2f}",
            p_words(row["z2_p_value"]),
            f"[{'red' if is_off else 'dim'}]{WORDS.get(row['verdict'], row['verdict'])}[/]",
        )
    return table


def panel_table(panel: list[dict[str, Any]]) -> Table:
    """The benchmarks on the other roots, a horizon and model a line."""
    table = narrow_table("Volatility on the other instruments, against EWMA")
    add_columns(table, ("", "model", "ewma", "t", "roots", ""))
    table.columns[1].justify = "left"
    for row in panel:
        table.add_row(
            row["horizon"],
            row["model_name"],
            f"{row['skill_pct']:+.2f}",
            t_words(row["t"]),
            f"{row['n_roots_better']} of {row['n_roots']}",
            f"[{COLOURS[row['verdict']]}]{WORDS.get(row['verdict'], row['verdict'])}[/]",
        )
    return table


def period_table(periods: list[dict[str, Any]]) -> Table:
    """The ensemble by year, volatility tercile and trailing window: skill against EWMA, coverage, tails."""
    horizons = list(dict.fromkeys(row["horizon"] for row in periods))
    table = narrow_table("The ensemble by period")
    add_columns(table, ("", *horizons))
    for period, own in shown_periods(periods).items():
        table.add_row(period, *(period_cell(own[h]) if h in own else "" for h in horizons))
    return table


def shown_periods(periods: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, Any]]]:
    """Rows by period and horizon, without those that hold hardly more than one independent window."""
    shown: dict[str, dict[str, dict[str, Any]]] = {}
    for row in periods:
        if row["n_eff"] >= MIN_SHOWN_WINDOWS:
            shown.setdefault(KIND_WORDS[row["period_kind"]] + row["period"], {})[row["horizon"]] = row
    return shown


def period_cell(row: dict[str, Any]) -> str:
    """`+0.4 75 12/13`: skill, coverage and tails in percent, as wide in every row."""
    skill = row["skill_against_ewma_frac"]
    words = "-" if skill is None else f"{100 * skill:+.1f}"
    band = f"{100 * row['coverage_frac']:.0f}"
    return f" {words} {band} {tails(row):>{7 - len(band)}}"


def tails(row: dict[str, Any]) -> str:
    """`12/13`: shares of a period below p10 and above p90, in percent."""
    return f"{100 * row['below_p10_frac']:.0f}/{100 * row['above_p90_frac']:.0f}"
