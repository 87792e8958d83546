"""The plots of the report's record: each function takes rows and gives one matplotlib figure."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from zl.calibration_checks import murphy_curve
from zl.report_plots import ACTUAL, ALERT, BAND, BAND_EDGE, HORIZON_WORDS, INK, MEDIAN, MUTED, new_figure

DIVERGING = LinearSegmentedColormap.from_list("skill", ["#a93d2b", "#f7efe6", "#2f6f5e"])
QUANTILES, LEVELS = ["p10_log", "p50_log", "p90_log"], (0.1, 0.5, 0.9)


def reliability(record: pd.DataFrame) -> Figure:
    """Share of outcomes below each quantile, against what it should be with its band of two standard errors.

    `record`: one row per horizon with `horizon`, `n_effective`, `below_p10`, `below_p50`, `below_p90`
    (fractions).
    """
    figure, axes = new_figure(10.5, 3.1, 1, 3)
    place = np.arange(len(record))
    for ax, (name, level) in zip(axes[0], (("p10", 0.1), ("p50", 0.5), ("p90", 0.9)), strict=True):
        spread = 200 * np.sqrt(level * (1 - level) / record["n_effective"].to_numpy())
        observed = 100 * record[f"below_{name}"].to_numpy()
        ax.bar(place, 2 * spread, bottom=100 * level - spread, width=0.5, color=BAND, alpha=0.7)
        ax.axhline(100 * level, color=MUTED, linewidth=1)
        outside = np.abs(observed - 100 * level) > spread
        for at, value, is_outside in zip(place, observed, outside, strict=True):
            ax.plot([at], [value], "o", color=ALERT if is_outside else MEDIAN, markersize=7)
            ax.annotate(
                f"{value:.0f}", (at, value), (9, 0), textcoords="offset points", va="center", fontsize=9
            )
        ax.set_title(f"below {name}: {100 * level:.0f} % expected")
        ax.set_xticks(place, [HORIZON_WORDS.get(h, h) for h in record["horizon"]])
        ax.set_xlim(-0.6, len(record) - 0.3)
        low, high = max(0, 100 * level - 1.6 * spread.max()), min(100, 100 * level + 1.6 * spread.max())
        ax.set_ylim(min(low, observed.min() - 3), max(high, observed.max() + 3))
        ax.grid(axis="x", visible=False)
        ax.yaxis.set_major_formatter("{x:.0f} %")
    return figure


def skill_by_horizon(comparisons: pd.DataFrame) -> Figure:
    """Loss saved against each benchmark with two standard errors; one panel per horizon.

    `comparisons`: one row per horizon and benchmark with `horizon`, `model_name`, `skill_pct`, `se_pct`,
    `verdict`.
    """
    horizons = list(dict.fromkeys(comparisons["horizon"]))
    names = list(dict.fromkeys(comparisons["model_name"]))[::-1]
    figure, axes = new_figure(10.5, 0.9 + 0.36 * len(names), 1, len(horizons), sharey=True)
    colours = {"better": BAND_EDGE, "worse": ALERT}
    for ax, horizon in zip(axes[0], horizons, strict=True):
        ax.axvline(0, color=MUTED, linewidth=1)
        for row in comparisons[comparisons["horizon"] == horizon].itertuples():
            colour = colours.get(row.verdict, "#8d9a97")
            at = names.index(row.model_name)
            ax.plot(
                [row.skill_pct - 2 * row.se_pct, row.skill_pct + 2 * row.se_pct],
                [at, at],
                color=colour,
                linewidth=2,
            )
            ax.plot([row.skill_pct], [at], "o", color=colour, markersize=6)
        ax.set_title(HORIZON_WORDS.get(horizon, horizon))
        ax.set_yticks(range(len(names)), names)
        ax.set_ylim(-0.6, len(names) - 0.4)
        ax.grid(axis="y", visible=False)
        ax.xaxis.set_major_formatter("{x:+g} %")
        ax.locator_params(axis="x", nbins=4)
    return figure


def murphy(rows: pd.DataFrame, horizons: Sequence[str]) -> Figure:
    """Mean elementary score of EWMA less each other model's, at each threshold; one panel per horizon.

    `rows`: `horizon`, `model_name`, `as_of_date`, `actual_log`, `p10_log`, `p50_log`, `p90_log`, the same
    sessions for every model.
    """
    figure, axes = new_figure(10.5, 3.0, 1, len(horizons))
    colours = {"ensemble": ACTUAL, "volatility_pool": BAND_EDGE}
    for ax, horizon in zip(axes[0], horizons, strict=True):
        own = dict(list(rows[rows["horizon"] == horizon].groupby("model_name")))
        actual = own["ewma"]["actual_log"].to_numpy()
        thresholds = np.linspace(*np.quantile(actual, [0.005, 0.995]), 81)
        curves = {
            name: murphy_curve(
                model["actual_log"].to_numpy(), model[QUANTILES].to_numpy(), np.array(LEVELS), thresholds
            )
            for name, model in own.items()
        }
        ax.axhline(0, color=MUTED, linewidth=1)
        for name, colour in colours.items():
            if name in curves:
                gain = 1000 * (curves["ewma"] - curves[name])
                ax.plot(100 * thresholds, gain, color=colour, linewidth=1.6, label=name)
        ax.set_title(HORIZON_WORDS.get(horizon, horizon))
        ax.xaxis.set_major_formatter("{x:+g} %")
        ax.locator_params(axis="x", nbins=4)
    figure.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper left", ncols=3, fontsize=9)
    return figure


def skill_grid(skill: pd.DataFrame, row_words: dict[str, str] | None = None) -> Figure:
    """A grid of skills in percent: rows and columns as in `skill`; missing cells stay empty."""
    figure, axes = new_figure(10.5, 0.7 + 0.34 * len(skill))
    ax = axes[0, 0]
    values = skill.to_numpy(dtype=float)
    limit = max(2.0, float(np.nanpercentile(np.abs(values), 85))) if np.isfinite(values).any() else 1.0
    ax.pcolormesh(
        np.ma.masked_invalid(values), cmap=DIVERGING, vmin=-limit, vmax=limit, edgecolor="white", linewidth=2
    )
    for i, j in np.argwhere(np.isfinite(values)):
        strong = abs(values[i, j]) > 0.65 * limit
        ax.text(
            j + 0.5,
            i + 0.5,
            f"{values[i, j]:+.1f}",
            ha="center",
            va="center",
            fontsize=9,
            color="white" if strong else INK,
        )
    ax.set_xticks(np.arange(skill.shape[1]) + 0.5, [str(column) for column in skill.columns])
    ax.set_yticks(np.arange(len(skill)) + 0.5, [(row_words or {}).get(row, row) for row in skill.index])
    ax.invert_yaxis()
    ax.xaxis.tick_top()
    ax.grid(visible=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return figure
