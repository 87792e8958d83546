"""`zl report`: the forecast and its record as one HTML file that needs nothing else.

The rows come from the served tables, the plots from `zl.report_plots`, the words from here. The file holds
values of the landing folder it was built from: it belongs to whoever may use those.
"""

import datetime as dt
import html
from pathlib import Path
from typing import Any

import matplotlib
import pandas as pd

from zl import report_plots as plots
from zl.drivers import percent, signed, silent_words, speaking_order
from zl.report_page import caption, frame, horizon_words, section, svg, table
from zl.report_record import record_sections
from zl.served import Served
from zl.show import carried_words, data_age, latest_forecast, median_words

RECENT_SESSIONS = 250
SCORE_SESSIONS = 504

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title><style>
{css}</style></head><body><main>
{body}
</main></body></html>
"""
STYLE_SHEET = Path(__file__).with_name("report.css")


def report(served: Served, today: dt.date) -> str:
    """The whole report as an HTML page without outside references.

    Parameters
    ----------
    served
        Open served tables.
    today
        The day the age of the data is counted to.

    Raises
    ------
    ServedError
        Nothing served, or tables of another version.
    """
    summary = latest_forecast(served, today)
    run = summary["run"]
    predictions = frame(
        served, "select * from forecasts.zl_predictions order by as_of_date, horizon_sessions"
    )
    newest = predictions[predictions["as_of_date"] == pd.Timestamp(run["as_of_date"])]
    with matplotlib.rc_context(plots.STYLE):
        sections = [
            fan_section(predictions, newest),
            risk_section(newest),
            *record_sections(served, predictions, newest),
            weights_section(served, summary, newest),
            buckets_section(served),
            reading_section(),
        ]
    body = [
        heading(run, newest["close_cents_per_lb"].iloc[0], summary["notice"]),
        cards(newest),
        *sections,
        footer(run),
    ]
    title = f"Soybean oil (ZL) forecast, close of {run['as_of_date']}"
    return PAGE.format(title=html.escape(title), css=STYLE_SHEET.read_text(), body="\n".join(body))


def heading(run: dict[str, Any], close: float, notice: str | None) -> str:
    """Title, the sample's banner, and what the forecast knows."""
    parts = []
    if run["data_origin"] == "sample":
        parts.append(
            '<div class="banner">SAMPLE DATA: simulated, not market prices; no view on soybean oil.</div>'
        )
    if notice:
        parts.append(f'<div class="notice">{html.escape(notice)}</div>')
    parts.append(f"<h1>Soybean oil forecast, close of {run['as_of_date']}</h1>")
    parts.append(
        f'<p class="lead">CBOT ZL, volume-front contract at <strong>{close:.2f} cents/lb</strong>. '
        f"Data: {html.escape(run['data_origin'])}, {data_age(run, names_today=True)}</p>"
    )
    if carried_words(run):
        parts.append(f'<div class="notice">{html.escape(carried_words(run))}</div>')
    return "\n".join(parts)


def cards(newest: pd.DataFrame) -> str:
    """One card per horizon: median, band, target date."""
    cells = []
    for _, row in newest.iterrows():
        cells.append(
            f'<div class="card"><span class="when">{horizon_words(row["horizon"])}, '
            f"{row['target_date']:%d %b %Y}</span><b>{row['p50_cents_per_lb']:.2f}</b>"
            f'<span class="range">{row["p10_cents_per_lb"]:.2f} to {row["p90_cents_per_lb"]:.2f}</span>'
            f"<small>worst 5 %: holder {row['var_95_holder_cents_per_lb']:.2f}, "
            f"buyer {row['var_95_buyer_cents_per_lb']:.2f} cents or more</small></div>"
        )
    return '<div class="cards">' + "".join(cells) + "</div>"


def fan_section(predictions: pd.DataFrame, newest: pd.DataFrame) -> str:
    """The fan over recent closes."""
    first_horizon = newest["horizon"].iloc[0]
    history = predictions.loc[predictions["horizon"] == first_horizon, ["as_of_date", "close_cents_per_lb"]]
    drawing = plots.fan(history.tail(RECENT_SESSIONS), newest)
    return section(
        "Where the price may go",
        svg(drawing, "Fan chart of the newest forecast over recent closes"),
        caption(
            "Eight in ten outcomes are expected inside the dark band, nine in ten inside the light one. The "
            "forecast is about the contract in front today, carried to the target date: a jump of the front "
            "price at a later roll is no part of it (and is why the black line of unadjusted closes may "
            f"step). {median_words(newest.to_dict('records'))}"
        ),
    )


def risk_section(newest: pd.DataFrame) -> str:
    """VaR and CVaR of both sides, drawn and as numbers."""
    rows = []
    for _, row in newest.iterrows():
        cells = [horizon_words(row["horizon"])]
        for side in ("holder", "buyer"):
            for measure in ("var_95", "cvar_95", "var_99", "cvar_99"):
                cents, error, usd = (
                    row[f"{measure}_{side}_{unit}"]
                    for unit in ("cents_per_lb", "se_cents_per_lb", "usd_per_contract")
                )
                cells.append(f"{cents:.2f} <small>±{2 * error:.2f}<br>{usd:,.0f}</small>")
        rows.append(cells)
    header = [
        "",
        *(
            f"{side}<br>{m}"
            for side in ("holder", "buyer")
            for m in ("VaR 95", "CVaR 95", "VaR 99", "CVaR 99")
        ),
    ]
    return section(
        "What it may cost, on both sides",
        svg(plots.both_sides(newest), "VaR and CVaR of holder and buyer in USD per contract"),
        caption(
            "USD per contract of 60,000 lb; thin lines are two Monte Carlo standard errors. VaR 95 is the "
            "loss exceeded one time in twenty, CVaR 95 the mean of those. Any 99 % figure extrapolates "
            "beyond what was seen. The table gives cents/lb, below it USD per "
            "contract. ± is two standard errors, the simulation’s error only, not the model’s."
        ),
        table(header, rows),
    )


def weights_section(served: Served, summary: dict[str, Any], newest: pd.DataFrame) -> str:
    """Who the forecast listens to, then and now."""
    weights = frame(
        served, "select horizon, fold_id, model_name, weight from training.ensemble_weights order by all"
    )
    parts = drivers_parts(summary["drivers"])
    title = "Whom the forecast listens to"
    if weights.empty:
        return section(title, *parts)
    parts_today = (part for one in summary["drivers"] for part in one["parts"])
    fallback = next(part["model_name"] for part in parts_today if part["is_fallback"])
    drawing = plots.weights_through_time(
        weights, fallback, newest["as_of_date"].iloc[0], list(newest["horizon"])
    )
    return section(
        title,
        svg(drawing, "Ensemble weights through time"),
        caption(
            "Weights are chosen on earlier blocks only and leave the fallback, a volatility benchmark, as "
            "far as those blocks prove it."
        ),
        *parts,
    )


def drivers_parts(drivers: list[dict[str, Any]]) -> list[str]:
    """A table of the parts that have weight today, and who is silent, with the proof."""
    names = [part["model_name"] for one in drivers for part in one["parts"] if part["weight"]]
    rows = []
    for name in speaking_order(drivers, names):
        cells = [name]
        for one in drivers:
            found = [part for part in one["parts"] if part["model_name"] == name and part["weight"]]
            cells.append(part_cell(found[0]) if found else "")
        rows.append(cells)
    rows.append(["<strong>together</strong>", *(part_cell(one) for one in drivers)])
    silent = "".join(
        f"<li><strong>{one['horizon']}</strong> {html.escape(silent_words(one))}<br>"
        f"<small>{html.escape(one['reason'])}</small></li>"
        for one in drivers
    )
    return [
        table(["today", *(horizon_words(one["horizon"]) for one in drivers)], rows),
        caption(
            "Weight in today’s forecast; beside it how far the part moves the median from the close "
            "(cents/lb) and by how many percent it widens the fallback’s band. A silent driver changes "
            "nothing today:"
        ),
        f'<ul class="caption">{silent}</ul>',
    ]


def part_cell(part: dict[str, Any]) -> str:
    """Weight and what it moves."""
    cents, band = signed(part["median_shift_cents_per_lb"], 3), signed(part["width_shift_pct"], 2)
    return f"{html.escape(percent(part['weight']))} % <small>{cents} c/lb, {band} %</small>"


def buckets_section(served: Served) -> str:
    """The eight driver scores."""
    scores = frame(
        served,
        "select as_of_date, bucket, score, direction, coverage_frac, composite_score "
        "from features.bucket_scores order by bucket, as_of_date",
    )
    if scores.empty:
        return ""
    days = scores["as_of_date"].drop_duplicates().sort_values()
    recent = scores[scores["as_of_date"] >= days.iloc[-min(SCORE_SESSIONS, len(days))]]
    partial = recent[(recent["as_of_date"] == days.iloc[-1]) & (recent["coverage_frac"] < 1)]
    composite = recent.loc[recent["as_of_date"] == days.iloc[-1], "composite_score"].iloc[0]
    missing = ", ".join(f"{row.bucket} {100 * row.coverage_frac:.0f} %" for row in partial.itertuples())
    return section(
        "The eight drivers",
        svg(plots.bucket_scores(recent), "Scores of the eight driver buckets"),
        caption(
            "0 to 100, 50 neutral: where each driver stands within its own past, turned so that up is the "
            "side held to go with dear oil. Above 60 (green) it stands high, below 40 (red) low; volatility "
            "has no direction, higher is more turbulent. A description of the drivers, not a forecast."
            + ("" if pd.isna(composite) else f" The mean of those with a direction is {composite:.0f} today.")
            + (
                f" Share of the components that can be seen today, where not all: {missing}."
                if missing
                else ""
            )
        ),
    )


def reading_section() -> str:
    """What the words mean."""
    return section(
        "How to read this",
        caption(
            "<strong>p10, p50, p90</strong>: prices with a chance of 10, 50 and 90 % of being undershot at "
            "the target date. <strong>Holder</strong>: owns oil, or will sell it (producer, stock, long "
            "futures); loses when the price falls. <strong>Buyer</strong>: needs oil (refiner, biofuel "
            "plant, short futures); loses when it rises. <strong>Pinball loss</strong>: the score a "
            "quantile cannot improve by cheating; lower is better. <strong>EWMA</strong>: a zero-drift "
            "normal with exponentially weighted volatility, the rule that is hard to beat."
        ),
    )


def footer(run: dict[str, Any]) -> str:
    """Which run made it, and whose values these are."""
    effort = f", effort {html.escape(str(run['effort']))}" if run.get("effort") else ""
    chronos = f", chronos_bolt {html.escape(run['chronos_checkpoint'])}" if run["chronos_checkpoint"] else ""
    return (
        f"<footer>Run {html.escape(run['run_id'])}{effort}{chronos}, landing "
        f"{html.escape(str(run.get('landing', '')))}. The page repeats values of that landing folder: share "
        "it only as far as their licences allow. A forecast, not advice.</footer>"
    )
