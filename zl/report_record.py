"""The record in the report: what was forecast and what came, whom it beat, and how sure that is."""

from typing import Any

import pandas as pd

from zl import record_plots, report_plots
from zl.record import horizon_record
from zl.report_page import caption, frame, horizon_words, section, svg, table
from zl.score_tables import MIN_SHOWN_WINDOWS, hindsight, p_words, shown_periods, t_words, tails
from zl.scorecard import scorecard
from zl.served import Served
from zl.show import PAST_ROWS

ALL_BENCHMARKS = ("climatology", "ewma", "har_fhs", "gjr_t_fhs", "volatility_pool", "volatility_blend")

SKILL_BY_YEAR = f"""
select horizon, period::integer as year, 100 * skill_against_ewma_frac as skill_pct
from ops.model_performance
where model_name = 'ensemble' and period_kind = 'year' and n_eff >= {MIN_SHOWN_WINDOWS}
order by all
"""

# Every forecaster alone, on the rows it has, against EWMA on the same rows.
SKILL_BY_MODEL = """
select
    model.horizon, model.model_name, 100 * (1 - sum(model.pinball) / sum(ewma.pinball)) as skill_pct
from forecasts.forecast_scores as model
inner join forecasts.forecast_scores as ewma
    on model.as_of_date = ewma.as_of_date and model.horizon = ewma.horizon and ewma.model_name = 'ewma'
where model.model_name <> 'ewma'
group by all
"""

# What three forecasters said on the sessions all of them have, and what came.
QUANTILES_BY_MODEL = """
select
    targets.horizon, predictions.model_name, targets.as_of_date, targets.actual_log,
    predictions.p10_log, predictions.p50_log, predictions.p90_log
from training.targets as targets
inner join (
    select as_of_date, horizon, model_name, p10_log, p50_log, p90_log
    from training.bucket_predictions
    where model_name in ('ewma', 'volatility_pool')
    union all
    select as_of_date, horizon, 'ensemble', p10_log, p50_log, p90_log
    from forecasts.zl_predictions
) as predictions
    on targets.as_of_date = predictions.as_of_date and targets.horizon = predictions.horizon
where
    targets.actual_log is not null
    and targets.as_of_date >= (select min(as_of_date) from forecasts.zl_predictions)
order by targets.horizon, predictions.model_name, targets.as_of_date
"""


def record_sections(served: Served, predictions: pd.DataFrame, newest: pd.DataFrame) -> list[str]:
    """Past forecasts, reliability and losses; one plain sentence when nothing has matured."""
    horizons = list(zip(newest["horizon"], newest["horizon_sessions"], strict=True))
    record = [horizon_record(served, horizon, int(h), ALL_BENCHMARKS) for horizon, h in horizons]
    record = [row for row in record if row["n"]]
    if not record:
        return [
            section("The record", caption("No forecast has matured yet: there is nothing to judge it by."))
        ]
    card = scorecard(served)
    return [
        past_section(predictions, record),
        reliability_section(record),
        risk_record_section(card),
        losses_section(record, card),
        models_section(card),
        murphy_section(served, [row["horizon"] for row in record]),
        losses_by_part_section(served, [horizon for horizon, _ in horizons], card),
    ]


def past_section(predictions: pd.DataFrame, record: list[dict[str, Any]]) -> str:
    """Each matured forecast beside what came."""
    return section(
        "What was forecast, and what came",
        svg(
            report_plots.past_forecasts(predictions, [row["horizon"] for row in record]),
            "Past forecasts against outcomes",
        ),
        caption(
            "Every forecast stands at the day it was about and was made with nothing published after its own "
            "close; of the few series that their publishers rewrite, a history delivered late holds the last "
            "version. “What came” is the contract of that day carried to the target date. "
            f"{PAST_ROWS}"
        ),
    )


def reliability_section(record: list[dict[str, Any]]) -> str:
    """Whether the quantiles meant what they said."""
    return section(
        "Do the quantiles mean what they say?",
        svg(record_plots.reliability(pd.DataFrame(record)), "Share of outcomes below each quantile"),
        caption(
            "Share of outcomes below each quantile. The bar is what chance alone allows (two standard "
            "errors at the number of windows that do not overlap: "
            + ", ".join(f"{r['n_effective']:.0f} at {r['horizon']}" for r in record)
            + "); "
            "a red point is outside it."
        ),
    )


def losses_section(record: list[dict[str, Any]], card: dict[str, Any]) -> str:
    """Loss against the benchmarks on the same rows, with the evidence."""
    comparisons, rows = [], []
    for row in record:
        cells = [
            horizon_words(row["horizon"]),
            f"{row['n']:,}",
            f"{row['loss']:.4f}",
        ]
        for name in ALL_BENCHMARKS:
            found = row["benchmarks"].get(name)
            if found is None:
                cells.append("")
                continue
            standard_error = abs(found["skill_pct"] / found["t"]) if found["t"] else 0.0
            comparisons.append(
                {"horizon": row["horizon"], "model_name": name, "se_pct": standard_error} | found
            )
            css = found["verdict"] if found["verdict"] in ("better", "worse") else ""
            cells.append(
                f'<span class="{css}">{found["skill_pct"]:+.2f} %</span><br><small>{found["verdict"]}</small>'
            )
        rows.append(cells)
    parts = [table(["", "sessions", "loss × 100", *(f"against<br>{name}" for name in ALL_BENCHMARKS)], rows)]
    if comparisons:
        drawing = record_plots.skill_by_horizon(pd.DataFrame(comparisons))
        parts.insert(0, svg(drawing, "Loss saved against each benchmark"))
    return section(
        "Is it better than a simple rule?",
        parts[0],
        caption(
            "Share of each benchmark's loss (mean pinball of the three quantiles) that the forecast saved "
            "on the same sessions; right of zero is better. Lines are two standard errors that allow for "
            "overlapping windows. A line that touches zero is “not enough evidence”, which is an answer."
            f"{median_benchmark_words(card)}"
        ),
        *parts[1:],
    )


def median_benchmark_words(card: dict[str, Any]) -> str:
    """The median beside the last close, in a sentence; empty without rows of both."""
    saved = ", ".join(
        f"{scores['median_saved_pct']:+.2f} % ({horizon_words(scores['horizon'])})"
        for scores in card["horizons"]
        if scores["median_saved_pct"] is not None
    )
    return f" The median's benchmark is the last close: of its mean absolute error it saves {saved}." * bool(
        saved
    )


def losses_by_part_section(served: Served, horizons: list[str], card: dict[str, Any]) -> str:
    """Skill by year, and every forecaster alone."""
    by_year = frame(served, SKILL_BY_YEAR)
    by_model = frame(served, SKILL_BY_MODEL)
    if by_year.empty or by_model.empty:
        return ""
    year_grid = by_year.pivot_table(index="horizon", columns="year", values="skill_pct").reindex(horizons)
    model_grid = by_model.pivot_table(index="model_name", columns="horizon", values="skill_pct").reindex(
        columns=horizons
    )
    model_grid = model_grid.loc[model_grid.mean(axis=1).sort_values(ascending=False, kind="stable").index]
    model_grid.columns = [horizon_words(column) for column in model_grid.columns]
    return section(
        "By year, and forecaster by forecaster",
        svg(
            record_plots.skill_grid(year_grid, report_plots.HORIZON_WORDS), "Loss saved against EWMA by year"
        ),
        caption(
            "Percent of EWMA's loss saved, by year and horizon. A right recipe still loses to EWMA over two "
            "years one time in four to six, so single cells prove little. Empty: hardly more than one "
            "independent window."
        ),
        periods_table(card["periods"], horizons),
        caption(
            "Share of outcomes in the band by period, and under it below p10/above p90, in percent: 80 and "
            "10/10 were right. Volatility terciles are cut over the whole record; last: newest sessions."
        ),
        svg(record_plots.skill_grid(model_grid), "Loss saved against EWMA by forecaster"),
        caption(
            "Percent of EWMA's loss saved by each forecaster alone, on the sessions it has. "
            "<em>ensemble</em> is what is served. A specialist below zero would have been worse than the "
            "simple rule, and is shown as such."
        ),
    )


def periods_table(periods: list[dict[str, Any]], horizons: list[str]) -> str:
    """Coverage and tails of the ensemble, a period a line."""
    rows = [
        [
            period,
            *(
                f"{100 * own[h]['coverage_frac']:.0f}<br><small>{tails(own[h])}</small>" if h in own else ""
                for h in horizons
            ),
        ]
        for period, own in shown_periods(periods).items()
    ]
    return table(["", *(horizon_words(horizon) for horizon in horizons)], rows)


def models_section(card: dict[str, Any]) -> str:
    """Every forecaster's skill against EWMA at every horizon, the confidence set marked."""
    horizons = [scores["horizon"] for scores in card["horizons"]]
    cells: dict[str, dict[str, str]] = {}
    for scores in card["horizons"]:
        for score in scores["models"]:
            cells.setdefault(score["model_name"], {})[scores["horizon"]] = model_cell(score)
    rows = [
        [f"<strong>{name}</strong>" if name == "ensemble" else name, *(own.get(h, "") for h in horizons)]
        for name, own in cells.items()
    ]
    return section(
        "Which forecasters can be told apart?",
        table(["", *(horizon_words(horizon) for horizon in horizons)], rows),
        caption(
            "Percent of EWMA's loss saved on the same sessions, with the t of the difference below (Diebold "
            "and Mariano, overlap allowed for) and the 95 % interval of a block bootstrap, as wide as few "
            "windows ask for. ● stands in the model confidence set: with 90 % confidence the best forecaster "
            "of the horizon is among those, and the rows cannot say which. Green and red: better, worse by "
            f"two standard errors. {hindsight(card)}"
        ),
    )


def model_cell(score: dict[str, Any]) -> str:
    """Skill against EWMA, its t and interval; the benchmark itself has none."""
    mark = "● " if score["is_in_confidence_set"] else ""
    found = score["benchmarks"].get("ewma")
    if found is None or found["verdict"] == "equal":
        return f"{mark}–"
    css = found["verdict"] if found["verdict"] in ("better", "worse") else ""
    t = "" if found["t"] is None else f"t {t_words(found['t'])}, "
    low, high = found["low_pct"], found["high_pct"]
    interval = "too few windows for an interval" if low is None else f"{low:+.1f} to {high:+.1f}"
    return f'<span class="{css}">{mark}{found["skill_pct"]:+.2f} %</span><br><small>{t}{interval}</small>'


def risk_record_section(card: dict[str, Any]) -> str:
    """How often losses went beyond VaR, and whether chance explains it."""
    rows = []
    for scores in card["horizons"]:
        for test in scores.get("risk", []):
            css = "" if test["verdict"] in ("within chance", "not enough evidence") else "worse"
            rows.append(
                [
                    horizon_words(scores["horizon"]),
                    f"{test['side']} VaR {test['level_pct']}",
                    f"{100 * test['hit_share_all_sessions']:.1f} %",
                    f"{test['n_hits']} <small>of {test['n_origins']}, "
                    f"{test['n_expected']:.1f} expected</small>",
                    p_words(test["kupiec_exact_p_value"]),
                    p_words(test["independence_p_value"]),
                    f"{test['z2']:+.2f} <small>{p_words(test['z2_p_value'])}</small>",
                    f'<span class="{css}">{test["verdict"]}</span>',
                ]
            )
    header = ["", "", "of all sessions", "of every h-th", "Kupiec p", "independence p", "CVaR: Z2, p", ""]
    return section(
        "Did the risk figures hold?",
        table(header, rows),
        caption(
            "How often a loss went beyond VaR: on all sessions, whose outcomes overlap, and on every h-th, "
            "whose outcomes do not, from the start that has the median number of such losses. A p-value "
            "below .05 says that chance does not explain how often (Kupiec, exact) or how bunched "
            "(Christoffersen) losses went beyond VaR. Z2 (Acerbi and Szekely) is below zero where CVaR was "
            "too small."
        ),
    )


def murphy_section(served: Served, horizons: list[str]) -> str:
    """Elementary scores of ensemble and volatility pool less EWMA's at every threshold."""
    rows = frame(served, QUANTILES_BY_MODEL)
    if rows.empty:
        return ""
    return section(
        "Better for whom?",
        svg(record_plots.murphy(rows, horizons), "Murphy diagram against EWMA"),
        caption(
            "Loss saved against EWMA by a user who acts when a quantile passes the return on the horizontal "
            "axis (elementary scores, mean of the three quantiles, × 1,000). A forecast that is above zero "
            "everywhere is better whatever one uses it for."
        ),
    )
