"""The plots of `zl report`: each function takes rows and gives one matplotlib figure."""

from collections.abc import Sequence

import matplotlib

matplotlib.use("Agg")
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

INK, MUTED, GRID = "#1d2b2a", "#6b7a78", "#e3e8e6"
BAND, BAND_EDGE, MEDIAN, ACTUAL, ALERT = "#bfd8cf", "#2f6f5e", "#1f5748", "#b06a12", "#a93d2b"
# The fallback of the weights is quiet grey-green; what moves away from it is loud.
FALLBACK, OTHER = "#b9c7c2", "#dcd6c8"
LOUD = ["#b06a12", "#33658a", "#7a4e7e", "#2f6f5e", "#c2a83e", "#a93d2b", "#5b8e7d"]
# A year of forecasts is what the eye can follow at 1w; longer horizons are drawn longer.
SESSIONS_DRAWN = {"1w": 252, "1m": 756}
HORIZON_WORDS = {"1w": "1 week", "1m": "1 month", "3m": "3 months", "6m": "6 months"}

STYLE = {
    "font.size": 10,
    "svg.fonttype": "none",  # text stays text; the page sets its family
    "svg.hashsalt": "zl",  # same rows, same bytes
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "text.color": INK,
    "legend.frameon": False,
    "figure.constrained_layout.h_pad": 0.08,
}


def new_figure(
    width: float, height: float, rows: int = 1, columns: int = 1, **kwargs
) -> tuple[Figure, np.ndarray]:
    """A figure and its axes, shape (rows, columns). `STYLE` applies inside `matplotlib.rc_context(STYLE)`."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **kwargs)


def use_dates(ax: Axes, max_ticks: int = 7) -> None:
    """Short date labels on the x axis."""
    locator = AutoDateLocator(minticks=max(2, min(5, max_ticks // 2)), maxticks=max_ticks)
    ax.xaxis.set_major_locator(locator)
    ax.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))


def fan(history: pd.DataFrame, forecasts: pd.DataFrame) -> Figure:
    """The newest forecast as a fan over recent closes.

    Parameters
    ----------
    history
        `as_of_date`, `close_cents_per_lb`, in time order; the last row is the as-of close.
    forecasts
        One row per horizon of forecasts.zl_predictions on that day, in the order of horizons.
    """
    figure, axes = new_figure(10.5, 4.6)
    ax = axes[0, 0]
    start, close = history["as_of_date"].iloc[-1], history["close_cents_per_lb"].iloc[-1]
    sessions = np.r_[0, forecasts["horizon_sessions"]]
    days = np.r_[0, (forecasts["target_date"] - start).dt.days]
    fine = np.linspace(0, sessions[-1], 127)
    dates = start + pd.to_timedelta(np.interp(fine, sessions, days), unit="D")

    def curve(prices: pd.Series) -> np.ndarray:
        # Between two horizons a log quantile is drawn on the square root of time, as a random walk spreads.
        logs = np.log(np.r_[close, prices] / close)
        return close * np.exp(np.interp(np.sqrt(fine), np.sqrt(sessions), logs))

    low = curve(close - forecasts["var_95_holder_cents_per_lb"])
    high = curve(close + forecasts["var_95_buyer_cents_per_lb"])
    p10, p50, p90 = (curve(forecasts[f"{level}_cents_per_lb"]) for level in ("p10", "p50", "p90"))
    ax.fill_between(dates, low, high, color=BAND, alpha=0.4, linewidth=0, label="5-95 %")
    ax.fill_between(dates, p10, p90, color=BAND, alpha=0.95, linewidth=0, label="10-90 %")
    ax.plot(dates, p50, color=MEDIAN, linewidth=1.8, label="median")
    ax.plot(history["as_of_date"], history["close_cents_per_lb"], color=INK, linewidth=1.3, label="close")
    ax.plot([start], [close], "o", color=INK, markersize=4)
    for _, row in forecasts.iterrows():
        for level, offset in (("p90", 6), ("p50", 4), ("p10", -6)):
            price = row[f"{level}_cents_per_lb"]
            ax.plot([row["target_date"]], [price], "o", color=BAND_EDGE, markersize=3)
            if row["horizon_sessions"] >= 21:
                ax.annotate(
                    f"{price:.1f}",
                    (row["target_date"], price),
                    (0, offset),
                    textcoords="offset points",
                    ha="center",
                    va="top" if offset < 0 else "bottom",
                    fontsize=9,
                    color=INK,
                )
    ax.axvline(start, color=MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
    ax.set_ylabel("cents / lb")
    ax.margins(x=0.02)
    use_dates(ax, 10)
    figure.legend(*ax.get_legend_handles_labels(), loc="outside upper left", ncols=4, fontsize=9)
    return figure


def past_forecasts(predictions: pd.DataFrame, horizons: Sequence[str]) -> Figure:
    """Each matured forecast's band at the day it was about, and the price that came, by horizon."""
    figure, axes = new_figure(10.5, 2.3 * len(horizons) + 0.3, len(horizons), 1)
    for ax, horizon in zip(axes[:, 0], horizons, strict=True):
        matured = (predictions["horizon"] == horizon) & predictions["actual_cents_per_lb"].notna()
        rows = predictions[matured].sort_values("as_of_date")
        actual = rows["actual_cents_per_lb"]
        inside = ((actual >= rows["p10_cents_per_lb"]) & (actual <= rows["p90_cents_per_lb"])).mean()
        words = (
            f"{HORIZON_WORDS.get(horizon, horizon)} ahead: {100 * inside:.0f} % of {len(rows):,} in the band"
        )
        n_drawn = min(len(rows), SESSIONS_DRAWN.get(horizon, len(rows)))
        ax.set_title(words + (f" (the last {n_drawn} are drawn)" if n_drawn < len(rows) else ""))
        rows = rows.tail(n_drawn)
        day = rows["target_date"]
        ax.fill_between(
            day,
            rows["p10_cents_per_lb"],
            rows["p90_cents_per_lb"],
            color=BAND,
            linewidth=0,
            label="forecast, 10-90 %",
        )
        ax.plot(day, rows["p50_cents_per_lb"], color=MEDIAN, linewidth=0.9, label="forecast, median")
        ax.plot(day, rows["actual_cents_per_lb"], color=ACTUAL, linewidth=1.1, label="what came")
        ax.set_ylabel("cents / lb")
        ax.margins(x=0.01)
        use_dates(ax, 12)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=3, fontsize=9)
    return figure


def weights_through_time(
    weights: pd.DataFrame, fallback: str, end_date: pd.Timestamp, horizons: Sequence[str]
) -> Figure:
    """Ensemble weights as stacked steps, one panel per horizon.

    `weights`: `horizon`, `fold_id` (the day the block begins), `model_name`, `weight`. `fallback`, the model
    they leave as far as earlier blocks prove it, lies below all others; models beyond the seven with most
    weight are drawn together as `other`.
    """
    totals = weights.groupby("model_name")["weight"].sum().sort_values(ascending=False, kind="stable")
    drawn = [name for name in totals.index if name != fallback and totals[name] > 0]
    loud, quiet = drawn[: len(LOUD)], drawn[len(LOUD) :]
    order = [fallback, *loud, *(["other"] if quiet else [])]
    colours = {fallback: FALLBACK, "other": OTHER} | dict(zip(loud, LOUD, strict=False))
    grouped = weights.assign(
        model_name=weights["model_name"].where(~weights["model_name"].isin(quiet), "other")
    )
    figure, axes = new_figure(10.5, 1.45 * len(horizons) + 0.4, len(horizons), 1, sharex=True, sharey=True)
    for ax, horizon in zip(axes[:, 0], horizons, strict=True):
        table = grouped[grouped["horizon"] == horizon].pivot_table(
            index="fold_id", columns="model_name", values="weight", aggfunc="sum", fill_value=0.0
        )
        starts = pd.to_datetime(table.index)
        dates = [*starts, max(end_date, starts[-1] + pd.Timedelta(days=1))] if len(starts) else []
        layers = [
            np.r_[table[name], table[name].iloc[-1]] if name in table else np.zeros(len(dates))
            for name in order
        ]
        if len(starts):
            ax.stackplot(
                dates,
                layers,
                step="post",
                colors=[colours[name] for name in order],
                labels=order,
                linewidth=0,
            )
        ax.set_title(HORIZON_WORDS.get(horizon, horizon))
        ax.set_ylim(0, 1)
        ax.set_yticks([0, 0.5, 1])
        ax.margins(x=0)
        use_dates(ax, 12)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=9, fontsize=9)
    return figure


def bucket_scores(scores: pd.DataFrame) -> Figure:
    """The driver scores, a small panel each; `scores`: `as_of_date`, `bucket`, `score`, `direction`."""
    buckets = list(dict.fromkeys(scores["bucket"]))
    columns = 4
    rows = -(-len(buckets) // columns)
    figure, axes = new_figure(10.5, 1.9 * rows, rows, columns, sharex=True, sharey=True)
    for ax in axes.flat[len(buckets) :]:
        ax.set_visible(False)
    for ax, bucket in zip(axes.flat, buckets, strict=False):
        one = scores[scores["bucket"] == bucket].sort_values("as_of_date")
        values = one["score"].to_numpy(dtype=float)
        if one["direction"].notna().any():  # volatility has none
            ax.axhspan(60, 100, color="#2f6f5e", alpha=0.08, linewidth=0)
            ax.axhspan(0, 40, color="#a93d2b", alpha=0.07, linewidth=0)
        ax.plot(one["as_of_date"], values, color=INK, linewidth=1.1)
        last = values[-1] if len(values) else np.nan
        if np.isfinite(last):
            ax.plot(one["as_of_date"].iloc[-1:], [last], "o", color=ACTUAL, markersize=5)
        ax.set_title(f"{bucket}   {last:.0f}" if np.isfinite(last) else f"{bucket}   no score")
        ax.set_ylim(0, 100)
        ax.set_yticks([0, 40, 60, 100])
        use_dates(ax, 4)
    return figure


def both_sides(forecasts: pd.DataFrame) -> Figure:
    """VaR and CVaR of holder (left) and buyer (right), USD per contract, with two Monte Carlo errors."""
    measures = [
        ("cvar_99", "CVaR 99", 0.35),
        ("var_99", "VaR 99", 0.55),
        ("cvar_95", "CVaR 95", 0.75),
        ("var_95", "VaR 95", 1.0),
    ]
    figure, axes = new_figure(10.5, 4.6, 1, 2, sharey=True)
    limit = 1.22 * max(forecasts[f"cvar_99_{side}_usd_per_contract"].max() for side in ("holder", "buyer"))
    for ax, side, colour in ((axes[0, 0], "holder", ACTUAL), (axes[0, 1], "buyer", BAND_EDGE)):
        for i, (_, row) in enumerate(forecasts.iterrows()):
            for j, (measure, words, alpha) in enumerate(measures):
                at = i + 0.2 * (j - 1.5)
                loss = row[f"{measure}_{side}_usd_per_contract"]
                error = 600 * 2 * row[f"{measure}_{side}_se_cents_per_lb"]
                ax.barh(at, loss, height=0.17, color=colour, alpha=alpha, label=words if i == 0 else None)
                ax.plot([loss - error, loss + error], [at, at], color=INK, linewidth=0.9)
                if measure.startswith("cvar"):
                    beyond = (5 if side == "buyer" else -5, 0)
                    ax.annotate(
                        f"{loss:,.0f}",
                        (loss + error, at),
                        beyond,
                        textcoords="offset points",
                        ha="left" if side == "buyer" else "right",
                        va="center",
                        fontsize=8,
                        color=MUTED,
                    )
        ax.set_xlim((limit, 0) if side == "holder" else (0, limit))
        ax.set_title(
            "holder: loses when the price falls" if side == "holder" else "buyer: loses when the price rises"
        )
        ax.xaxis.set_major_formatter("${x:,.0f}")
        ax.locator_params(axis="x", nbins=5)
        ax.grid(axis="y", visible=False)
    axes[0, 0].set_yticks(range(len(forecasts)), [HORIZON_WORDS.get(h, h) for h in forecasts["horizon"]])
    axes[0, 0].invert_yaxis()
    handles, labels = axes[0, 1].get_legend_handles_labels()
    axes[0, 1].legend(handles[::-1], labels[::-1], loc="upper right", fontsize=9)
    return figure
