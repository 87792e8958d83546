"""Level 3: daily paths by filtered historical simulation, and what holder and buyer can lose on them.

Past standardised returns are redrawn, not symmetrised, and rescaled by a variance that follows its own path,
so tails stay as fat and as lopsided as they were (Barone-Adesi, Giannopoulos and Vosper, "VaR without
correlations for portfolios of derivative securities", 1999). A monotone map of the terminal law then meets
the calibrated 10/50/90 %: the simulation measures risk, it adds no forecast. A 99 % tail is an extrapolation.
"""

import hashlib
import math
import sys
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.fits import Fit, run_fits
from ml.params import Simulation

QUANTILES = ["p10_log", "p50_log", "p90_log"]
ANCHOR_LEVELS = (0.1, 0.5, 0.9)
PRICE_PERCENTILES = (1, 5, 10, 25, 50, 75, 90, 95, 99)
RISK_LEVELS = (0.95, 0.99)
SIDES = ("holder", "buyer")
RISK_COLUMNS = [
    f"{measure}_{level:.0%}".rstrip("%") + f"{suffix}_cents_per_lb"
    for level in RISK_LEVELS
    for measure in ("var", "cvar")
    for suffix in ("", "_se")
]
PRICE_COLUMNS = [f"p{percent:02d}_cents_per_lb" for percent in PRICE_PERCENTILES]
PATHS_AT_ONCE = 10_000
"""Paths that stay in the processor's cache together; part of the draw order, so part of the result."""


class Filter(NamedTuple):
    """What a variance filter knows after the last of its returns."""

    residuals: NDArray
    """Standardised returns, shape (n,); each divided by the sd forecast made the day before."""
    variance: NDArray
    """Shape (n,): forecast of the next session's variance, made after each residual's session."""
    long_run_variance: NDArray
    """Shape (n,): mean square of all returns up to that session."""


def variance_filter(returns: NDArray, params: Simulation) -> Filter:
    """EWMA variance `decay * v + (1 - decay) * r^2` from the burn-in's mean square on; no look ahead.

    Parameters
    ----------
    returns : shape (n_returns,)
        Daily roll-neutral log returns, oldest first, all finite.

    Returns
    -------
    A `Filter` of n = n_returns - burn_in_sessions entries; entry i depends on returns up to burn_in + i only.
    """
    burn_in, decay = params.burn_in_sessions, params.ewma_decay
    squares = returns * returns
    if len(returns) <= burn_in:
        return Filter(np.empty(0), np.empty(0), np.empty(0))
    long_run = np.cumsum(squares) / np.arange(1, len(squares) + 1)
    variance = np.empty(len(returns) - burn_in + 1)
    variance[0] = long_run[burn_in - 1]
    for i, square in enumerate(squares[burn_in:]):
        variance[i + 1] = decay * variance[i] + (1 - decay) * square
    return Filter(returns[burn_in:] / np.sqrt(variance[:-1]), variance[1:], long_run[burn_in:])


def path_seed(as_of_date: str, horizon: str) -> int:
    """Seed of one cell: SHA-256 of "YYYY-MM-DD|horizon", so no order of work and no process can change it."""
    return int.from_bytes(hashlib.sha256(f"{as_of_date}|{horizon}".encode()).digest()[:16], "big")


def simulate_paths(
    residuals: NDArray,
    variance: float,
    long_run_variance: float,
    n_sessions: int,
    rng: np.random.Generator,
    params: Simulation,
) -> NDArray:
    """Log returns at the end of `n_paths` daily paths, in the order drawn.

    Each session draws a residual z with replacement: r = sqrt(v) z, then
    v = (1 - reversion) * v * (decay + (1 - decay) * z^2) + reversion * long_run_variance.

    Parameters
    ----------
    residuals : shape (n,), standardised returns known at the as-of close.
    variance : forecast of the next session's variance.
    n_sessions : length of a path.

    Returns
    -------
    Shape (n_paths,).
    """
    reversion = params.variance_reversion
    growth = (1 - reversion) * (params.ewma_decay + (1 - params.ewma_decay) * residuals * residuals)
    dtype = np.uint16 if len(residuals) < 2**16 else np.uint32
    ends = np.zeros(params.n_paths)
    for start in range(0, params.n_paths, PATHS_AT_ONCE):
        end = ends[start : start + PATHS_AT_ONCE]
        v, drawn, sd = np.full(len(end), variance), np.empty(len(end)), np.empty(len(end))
        draws = rng.integers(0, len(residuals), size=(n_sessions, len(end)), dtype=dtype)
        for index in draws:
            index = index.astype(np.intp)  # once for both look-ups
            np.take(residuals, index, out=drawn, mode="clip")
            np.sqrt(v, out=sd)
            sd *= drawn
            end += sd
            np.take(growth, index, out=drawn, mode="clip")
            v *= drawn
            v += reversion * long_run_variance
    return ends


def order_position(n: int, level: float) -> int:
    """0-based place, among n sorted values, of the smallest x with P(X <= x) >= level."""
    return max(math.ceil(n * level - 1e-9), 1) - 1


def anchored_law(sorted_ends: NDArray, quantiles: NDArray) -> NDArray:
    """Terminal law, mapped monotonically so that its 10/50/90 % are exactly `quantiles`.

    Two straight pieces meet at the median: each side keeps its shape, and its tail beyond 10 or 90 % is
    scaled as that side is. Quantiles are order statistics (`order_position`), which a monotone map
    carries along.

    Parameters
    ----------
    sorted_ends : shape (n,), ascending.
    quantiles : shape (3,), ascending: p10, p50, p90.

    Returns
    -------
    Shape (n,), ascending, in the unit of `quantiles`.
    """
    low, mid, high = (order_position(len(sorted_ends), level) for level in ANCHOR_LEVELS)
    x_low, x_mid, x_high = sorted_ends[[low, mid, high]]
    below, above = _side_scales(sorted_ends, quantiles)
    law = np.empty_like(sorted_ends)
    law[: low + 1] = quantiles[0] + (sorted_ends[: low + 1] - x_low) * below
    law[low + 1 : mid + 1] = quantiles[1] + (sorted_ends[low + 1 : mid + 1] - x_mid) * below
    law[mid + 1 : high] = quantiles[1] + (sorted_ends[mid + 1 : high] - x_mid) * above
    law[high:] = quantiles[2] + (sorted_ends[high:] - x_high) * above
    # The pieces are anchored at their own ends; where they meet, the last bit must not step back.
    np.clip(law[low:high], quantiles[0], quantiles[2], out=law[low:high])
    law[low : mid + 1] = np.minimum(law[low : mid + 1], quantiles[1])
    return law


def _side_scales(sorted_ends: NDArray, quantiles: NDArray) -> tuple[float, float]:
    low, mid, high = (sorted_ends[order_position(len(sorted_ends), level)] for level in ANCHOR_LEVELS)
    if not low < mid < high:
        raise ValueError("The terminal law has no spread: too few different residuals.")
    return (quantiles[1] - quantiles[0]) / (mid - low), (quantiles[2] - quantiles[1]) / (high - mid)


def losses(side: str, close_cents_per_lb: float, price_cents_per_lb: NDArray) -> NDArray:
    """Loss in cents/lb, positive = loss: holder close - price, buyer price - close."""
    if side not in SIDES:
        raise ValueError(f"side {side!r}; expected one of {', '.join(SIDES)}.")
    gain = price_cents_per_lb - close_cents_per_lb
    return -gain if side == "holder" else gain


def tail_risk(
    side: str, close_cents_per_lb: float, sorted_ends: NDArray, law: NDArray, quantiles: NDArray
) -> NDArray:
    """VaR and CVaR of one side with their Monte Carlo standard errors, in cents/lb, as RISK_COLUMNS.

    The error is first order (delta method): a simulated quantile errs by its order statistic's variance, and
    through the map also by the simulated median and 10 or 90 %, which partly cancel it.

    Parameters
    ----------
    sorted_ends : shape (n,), ascending: simulated ends before the map.
    law : shape (n,): the same after `anchored_law`.
    quantiles : shape (3,): what the map was anchored to.
    """
    n = len(law)
    sign = 1.0 if side == "buyer" else -1.0
    worst = slice(order_position(n, 0.9), n) if side == "buyer" else slice(0, n - order_position(n, 0.9))
    ends, prices = sorted_ends[worst], close_cents_per_lb * np.exp(law[worst])
    if side == "holder":  # from the mildest of the bad ends to the worst
        ends, prices = ends[::-1], prices[::-1]
    ends, suffered = sign * ends, losses(side, close_cents_per_lb, prices)
    mild = n - len(ends)
    all_ends = sorted_ends if side == "buyer" else -sorted_ends[::-1]
    anchors = [(0.5, _inverse_density(all_ends, 0.5)), (0.9, _inverse_density(all_ends, 0.9))]
    x_mid, x_high = all_ends[order_position(n, 0.5)], all_ends[order_position(n, 0.9)]
    scale = _side_scales(sorted_ends, quantiles)[1 if side == "buyer" else 0]
    # d loss / d (own end, median, 90 % end) along the outer piece of the map
    by_end = prices * scale
    reach = (ends - x_high) / (x_high - x_mid)
    by_mid, by_high = by_end * reach, -by_end * (1 + reach)
    values = []
    for level in RISK_LEVELS:
        place = order_position(n, level) - mild
        var = suffered[place]
        weights = [by_mid[place] * anchors[0][1], by_high[place] * anchors[1][1]]
        weights.append(by_end[place] * _inverse_density(all_ends, level))
        var_se = _quantile_sum_error(weights, [0.5, 0.9, level], n)
        tail = (suffered[place:] - var) / (1 - level)
        cvar = var + tail.sum() / n
        tail_mass = n * (1 - level)
        slopes = (by_mid[place:].sum() / tail_mass, by_high[place:].sum() / tail_mass)
        weights = [slopes[0] * anchors[0][1], slopes[1] * anchors[1][1]]
        mean, mean_square = tail.sum() / n, (tail * tail).sum() / n
        variance = mean_square - mean * mean + 2 * mean * (0.5 * weights[0] + 0.9 * weights[1])
        cvar_se = math.sqrt(max(variance / n + _quantile_sum_error(weights, [0.5, 0.9], n) ** 2, 0.0))
        values += [var, var_se, cvar, cvar_se]
    return np.array(values)


def _inverse_density(ascending: NDArray, level: float) -> float:
    """1 / f at a quantile, from order statistics two binomial deviations to either side."""
    n, place = len(ascending), order_position(len(ascending), level)
    reach = min(max(round(2 * math.sqrt(n * level * (1 - level))), 1), place, n - 1 - place)
    return float((ascending[place + reach] - ascending[place - reach]) * n / (2 * reach)) if reach else 0.0


def _quantile_sum_error(weights: list[float], levels: list[float], n: int) -> float:
    """Standard error of a weighted sum of sample quantiles; weights hold slope / density.

    Sample quantiles a <= b have covariance a (1 - b) / (n f_a f_b).
    """
    a, weight = np.array(levels), np.array(weights)
    covariance = np.minimum.outer(a, a) - np.outer(a, a)
    return math.sqrt(max(float(weight @ covariance @ weight), 0.0) / n)


def simulate_cell(
    as_of_date: str,
    horizon: str,
    n_sessions: int,
    close_cents_per_lb: float,
    quantiles: NDArray,
    known: Filter,
    params: Simulation,
) -> NDArray:
    """One as-of date and horizon: price percentiles, then holder's and buyer's risk.

    Parameters
    ----------
    as_of_date : YYYY-MM-DD; with `horizon` it seeds the paths.
    quantiles : shape (3,), calibrated p10, p50, p90 of the log return.
    known : the filter up to the as-of close, nothing later.

    Returns
    -------
    Shape (len(PRICE_COLUMNS) + 2 * len(RISK_COLUMNS),), cents/lb.
    """
    rng = np.random.Generator(np.random.SFC64(path_seed(as_of_date, horizon)))
    ends = simulate_paths(
        known.residuals, known.variance[-1], known.long_run_variance[-1], n_sessions, rng, params
    )
    ends.sort()
    law = anchored_law(ends, quantiles)
    places = [order_position(len(law), percent / 100) for percent in PRICE_PERCENTILES]
    sides = [tail_risk(side, close_cents_per_lb, ends, law, quantiles) for side in SIDES]
    return np.concatenate([close_cents_per_lb * np.exp(law[places]), *sides])


def simulate_block(
    as_of_dates: list[str],
    horizons: list[str],
    horizon_sessions: NDArray,
    close_cents_per_lb: NDArray,
    quantiles: NDArray,
    n_known: NDArray,
    returns: NDArray,
    params: dict,
) -> NDArray:
    """Cells of one block, shape (n_cells, ...); each row is `simulate_cell` of its own inputs only.

    `n_known[i]` returns are known to cell i; `returns` may be longer.
    """
    settings = Simulation(**params)
    passed = variance_filter(returns, settings)
    rows = []
    for i, as_of_date in enumerate(as_of_dates):
        known = Filter(*(values[: n_known[i] - settings.burn_in_sessions] for values in passed))
        cell = (as_of_date, horizons[i], int(horizon_sessions[i]), close_cents_per_lb[i], quantiles[i])
        rows.append(simulate_cell(*cell, known, settings))
    return np.array(rows)


def simulate_scenarios(
    calibrated: pd.DataFrame,
    sessions: pd.DataFrame,
    bars: pd.DataFrame,
    horizon_sessions: Mapping[str, int],
    params: Simulation,
) -> pd.DataFrame:
    """Risk of every calibrated forecast, both sides. Blocks (calendar quarters) are cached as fits.

    Parameters
    ----------
    calibrated : as_of_date, horizon, p10_log, p50_log, p90_log; key unique.
    sessions : as_of_date, close_cents_per_lb, zl_edition_at.
    bars : ZL's roll-neutral bars: edition_at, trade_date, return_log (NULL on the first row).
    horizon_sessions : horizon -> sessions ahead.

    Returns
    -------
    One row per as_of_date, horizon and side ('holder', 'buyer'): close_cents_per_lb, PRICE_COLUMNS,
    RISK_COLUMNS, n_paths, n_residuals.

    Raises
    ------
    ValueError
        A forecast on a date that is no session, with too few earlier returns, or with crossing quantiles.
    """
    cells = _cells(calibrated, sessions, bars, params)
    blocks = cells.groupby([cells["as_of_date"].dt.to_period("Q"), "zl_edition_at"], sort=True)
    tasks, kept = [], []
    for (quarter, edition_at), block in blocks:
        returns = _edition_returns(bars, edition_at)["return_log"].to_numpy(dtype=float)
        arguments = {
            "as_of_dates": block["as_of_date"].dt.strftime("%Y-%m-%d").tolist(),
            "horizons": block["horizon"].tolist(),
            "horizon_sessions": np.array([horizon_sessions[horizon] for horizon in block["horizon"]]),
            "close_cents_per_lb": block["close_cents_per_lb"].to_numpy(dtype=float),
            "quantiles": block[QUANTILES].to_numpy(dtype=float),
            "n_known": block["n_known"].to_numpy(dtype=np.int64),
            "returns": returns[: block["n_known"].max()],
            "params": params.model_dump(),
        }
        code = (sys.modules[__name__],)
        tasks.append(Fit("scenarios", f"scenarios {quarter}", simulate_block, arguments, code))
        kept.append(block)
    values = run_fits(tasks, "monte_carlo_scenarios")
    if not tasks:
        return _scenario_rows(cells, np.empty((0, len(PRICE_COLUMNS) + 2 * len(RISK_COLUMNS))), params)
    return _scenario_rows(pd.concat(kept), np.concatenate(values), params)


def _edition_returns(bars: pd.DataFrame, edition_at) -> pd.DataFrame:
    rows = bars[(bars["edition_at"] == edition_at) & bars["return_log"].notna()]
    return rows.sort_values("trade_date", ignore_index=True)


def _cells(
    calibrated: pd.DataFrame, sessions: pd.DataFrame, bars: pd.DataFrame, params: Simulation
) -> pd.DataFrame:
    """One row per forecast with the as-of close and how many returns its edition holds up to that day."""
    cells = calibrated[["as_of_date", "horizon", *QUANTILES]].copy()
    axis = sessions[["as_of_date", "close_cents_per_lb", "zl_edition_at"]].copy()
    for frame in (cells, axis):
        frame["as_of_date"] = pd.to_datetime(frame["as_of_date"]).astype("datetime64[us]")
    cells = cells.merge(axis, on="as_of_date", how="left", validate="many_to_one")
    cells["n_known"] = 0
    for edition_at, rows in cells.groupby("zl_edition_at"):
        known = pd.to_datetime(_edition_returns(bars, edition_at)["trade_date"]).to_numpy("datetime64[us]")
        as_of = rows["as_of_date"].to_numpy("datetime64[us]")
        cells.loc[rows.index, "n_known"] = np.searchsorted(known, as_of, side="right")
    if cells.duplicated(["as_of_date", "horizon"]).any():
        raise ValueError("calibrated quantiles hold two rows for one as_of_date and horizon.")
    needed = params.burn_in_sessions + params.min_residuals
    crossed = ~((cells["p10_log"] <= cells["p50_log"]) & (cells["p50_log"] <= cells["p90_log"]))
    _refuse(cells, cells["close_cents_per_lb"].isna(), "is no session of int_zl__sessions")
    _refuse(cells, cells["n_known"] < needed, f"knows fewer than {needed} ZL returns")
    _refuse(cells, crossed, "has quantiles that are NULL or cross")
    return cells.sort_values(["as_of_date", "horizon"], ignore_index=True)


def _refuse(cells: pd.DataFrame, wrong: pd.Series, what: str) -> None:
    if wrong.any():
        first = cells[wrong].iloc[0]
        raise ValueError(
            f"calibrated_quantiles: {first['as_of_date']:%Y-%m-%d} {first['horizon']} {what} "
            f"({int(wrong.sum())} rows)."
        )


def _scenario_rows(cells: pd.DataFrame, values: NDArray, params: Simulation) -> pd.DataFrame:
    """Two rows per cell: the price law is the same, the losses are not."""
    n_prices, n_risks = len(PRICE_COLUMNS), len(RISK_COLUMNS)
    frames = []
    for place, side in enumerate(SIDES):
        first = n_prices + place * n_risks
        rows = cells[["as_of_date", "horizon", "close_cents_per_lb"]].copy()
        rows.insert(2, "side", side)
        rows[PRICE_COLUMNS] = values[:, :n_prices]
        rows[RISK_COLUMNS] = values[:, first : first + n_risks]
        rows["n_paths"] = params.n_paths
        rows["n_residuals"] = cells["n_known"] - params.burn_in_sessions
        frames.append(rows)
    return pd.concat(frames).sort_values(["as_of_date", "horizon", "side"], ignore_index=True)
