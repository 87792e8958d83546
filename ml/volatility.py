"""The benchmarks: what somebody who knows only past prices would forecast, for every root of the panel.

`climatology`: rolling quantiles of matured h-session returns. `ewma`: normal, zero drift, RiskMetrics
variance. `har_fhs`: HAR (Corsi 2009) on log range variance with symmetric filtered historical simulation
(FHS; Barone-Adesi, Giannopoulos and Vosper 1999): returns over their own forecast deviation, pooled with both
signs, times today's. `gjr_t_fhs`: the same with GJR-GARCH-t. `volatility_pool`: mean of up to three widths,
W, S and P. `volatility_blend`: the pool and a partially pooled HAR on log ranges, our own.

Which readings of the recipes were measured, and what they scored, stands in docs/experiments.md. Row t
depends on what was known at its close only, to the last bit (`ml.histories`, `ml.variance`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml import garch, variance
from ml.fhs import gjr_fhs_widths, har_fhs_widths
from ml.fits import Fit
from ml.histories import History, anchors, blocks, root_histories, wanted_blocks
from ml.log_har import log_har_variance
from ml.params import NORMAL_Z90, QUANTILE_LEVELS, Volatility
from ml.pooled_har import pooled_har_variance

MODELS = ("climatology", "ewma", "gjr_t_fhs", "har_fhs", "volatility_blend", "volatility_pool")
QUANTILES = ("p10_log", "p50_log", "p90_log")
COLUMNS = ("symbol", "as_of_date", "horizon", "model_name", "fold_id", *QUANTILES)

Horizons = Mapping[str, int]
RunFits = Callable[[Sequence[Fit], str], list[Any]]


def benchmark_forecasts(
    bars: pd.DataFrame, horizons: Horizons, params: Volatility, run_fits: RunFits
) -> pd.DataFrame:
    """Quantile forecasts of all benchmarks for all roots, from the first session a model can answer on.

    Parameters
    ----------
    bars : one row per symbol, edition and valid session (`ml.histories.COLUMNS`).
    horizons : horizon name -> sessions ahead.
    run_fits : runs a list of `Fit`s under a label and returns their values in order (`ml.fits.run_fits`).

    Returns
    -------
    DataFrame
        `symbol, as_of_date, horizon, model_name, fold_id, p10_log, p50_log, p90_log`, quantiles of the log
        return over the horizon, sorted by symbol, date, horizon (shortest first) and model. Names are
        categories in the order of the alphabet: as text they cost more than the numbers.

    Raises
    ------
    ValueError
        If a column is missing, a session stands twice in an edition, or a horizon has no long-run weight.
    """
    unweighted = sorted(set(horizons) - set(params.long_run_weight))
    if unweighted:
        raise ValueError(
            f"ml/params.yml: volatility.long_run_weight has no entry for horizon {unweighted[0]}; "
            f"found: {', '.join(params.long_run_weight)}."
        )
    horizons = dict(sorted(horizons.items(), key=lambda item: item[1]))
    histories = root_histories(bars, params.excluded_roots)
    if not histories:
        names = set(COLUMNS) - set(QUANTILES) - {"as_of_date"}
        types = dict.fromkeys(QUANTILES, float) | dict.fromkeys(names, "category")
        return pd.DataFrame(columns=list(COLUMNS)).astype(types)
    gjr = gjr_fits(histories, params, run_fits)
    pooled = pooled_har_variance(histories, horizons, params)
    logs = log_har_variance(histories, horizons, params)
    categories = _categories(histories, horizons, params)
    frames = []
    for place, history in enumerate(histories):
        pool = pool_widths(history, horizons, {name: of[place] for name, of in pooled.items()}, params)
        widths = {
            "ewma": ewma_widths(history, horizons, params),
            "gjr_t_fhs": gjr_fhs_widths(history, horizons, gjr[place], params),
            "har_fhs": har_fhs_widths(history, horizons, params),
            "volatility_blend": blend_widths(pool, horizons, {name: of[place] for name, of in logs.items()}),
            "volatility_pool": pool,
        }
        quantiles = {
            model: [symmetric_quantiles(of[name]) for name in horizons] for model, of in widths.items()
        }
        quantiles["climatology"] = [
            climatology_quantiles(history.returns, sessions, params) for sessions in horizons.values()
        ]
        frames.append(_frame(history, quantiles, horizons, categories, params))
    return pd.concat(frames, ignore_index=True)


def climatology_quantiles(returns: NDArray, sessions: int, params: Volatility) -> NDArray:
    """Quantiles of the newest matured h-session returns, at most `climatology_sessions`; shape (n, 3)."""
    matured = pd.Series(variance.horizon_return(returns, sessions)).shift(sessions)
    window = matured.rolling(params.climatology_sessions, min_periods=params.climatology_min_sessions)
    return np.column_stack([window.quantile(level).to_numpy() for level in QUANTILE_LEVELS])


def symmetric_quantiles(width: NDArray) -> NDArray:
    """Quantiles -w, 0, w of a width p90 - p50; shape (n, 3)."""
    return np.column_stack([-width, np.where(np.isnan(width), np.nan, 0.0), width])


def ewma_widths(history: History, horizons: Horizons, params: Volatility) -> dict[str, NDArray]:
    """p90 - p50 of a zero-drift normal with the EWMA variance; shape (n,) by horizon."""
    daily = variance.ewma_variance(history.returns, params.ewma_decay, params.warm_up_sessions)
    return {name: NORMAL_Z90 * np.sqrt(sessions * daily) for name, sessions in horizons.items()}


def gjr_fits(histories: Sequence[History], params: Volatility, run_fits: RunFits) -> list[dict[str, NDArray]]:
    """GJR coefficients by fold_id for each history, fitted on its returns before the fold's first session.

    One cached fit holds all roots of one anchor and edition: neither a new day nor a later revision touches
    it. Where an optimiser did not converge, the coefficients of the fold before stay in force; a root whose
    first fits all failed has none until one succeeds.
    """
    batches: dict[tuple[str, np.datetime64], list[tuple[int, NDArray]]] = {}
    for place, history in enumerate(histories):
        for fold in wanted_blocks(history, params.garch_refit_months):
            known = history.returns[: fold.start]
            known = known[~np.isnan(known)]
            if len(known) >= params.garch_min_sessions:
                batches.setdefault((fold.fold_id, history.edition_at), []).append((place, known))
    tasks = [
        Fit(
            kind="gjr_t",
            name=f"gjr_t_fhs {fold_id}",
            function=garch.fit_gjr,
            arguments={"returns": tuple(known for _, known in batch)},
            code=(garch,),
            packages=("arch", "numpy", "scipy"),
        )
        for (fold_id, _), batch in sorted(batches.items())
    ]
    fits: list[dict[str, NDArray]] = [{} for _ in histories]
    in_force: dict[str, NDArray] = {}
    answers = run_fits(tasks, "benchmark_forecasts")
    for ((fold_id, _), batch), coefficients in zip(sorted(batches.items()), answers, strict=True):
        for (place, _), row in zip(batch, coefficients, strict=True):
            symbol = histories[place].symbol
            if np.isfinite(row).all():
                in_force[symbol] = row
            if symbol in in_force:
                fits[place][fold_id] = in_force[symbol]
    return fits


def pool_widths(
    history: History, horizons: Horizons, pooled: Mapping[str, NDArray], params: Volatility
) -> dict[str, NDArray]:
    """p90 - p50 of the volatility pool, the mean of its members known at a session; shape (n,) by horizon.

    W: EWMA deviation of winsorised returns, scaled up for what was cut. S: mean log EWMA variance of several
    memories, drawn to the log of the mean square so far. P: `pooled`, daily variance by horizon
    (`ml.pooled_har`).
    """
    returns, warm_up = history.returns, params.warm_up_sessions
    winsorised = variance.ewma_variance(returns, params.ewma_decay, warm_up, params.winsor_sd)
    memories = [np.log(variance.ewma_variance(returns, decay, warm_up)) for decay in params.smooth_decays]
    recent = sum(memories[1:], memories[0]) / len(memories)
    long_run = np.log(variance.expanding_mean(returns**2))
    widths = {}
    for name, sessions in horizons.items():
        weight = params.long_run_weight[name]
        smooth = np.exp((1 - weight) * recent + weight * long_run)
        members = (params.winsor_scale * np.sqrt(winsorised), np.sqrt(smooth), np.sqrt(pooled[name]))
        total = sum(np.where(np.isnan(member), 0.0, member) for member in members)
        count = sum(~np.isnan(member) for member in members)
        deviation = np.where(count > 0, total / np.maximum(count, 1), np.nan)
        widths[name] = NORMAL_Z90 * np.sqrt(sessions) * deviation
    return widths


def blend_widths(
    pool: Mapping[str, NDArray], horizons: Horizons, log_har: Mapping[str, NDArray]
) -> dict[str, NDArray]:
    """p90 - p50 of the volatility blend, shape (n,) by horizon: geometric mean of the pool's and log HAR's.

    Parameters
    ----------
    pool : widths as `pool_widths` returns them; they stand alone where `log_har` is not known yet.
    log_har : daily variance by horizon (`ml.log_har`).
    """
    widths = {}
    for name, sessions in horizons.items():
        own = NORMAL_Z90 * np.sqrt(sessions * log_har[name])
        widths[name] = np.where(np.isnan(own), pool[name], np.sqrt(pool[name] * own))
    return widths


def _categories(
    histories: Sequence[History], horizons: Horizons, params: Volatility
) -> dict[str, pd.CategoricalDtype]:
    """What the names of all rows are chosen from, each in the order of the alphabet."""
    months = {params.refit_months, params.garch_refit_months}
    fold_ids = {
        block.fold_id for history in histories for each in months for block in blocks(history.dates, each)
    }
    names = {
        "symbol": {history.symbol for history in histories},
        "horizon": set(horizons),
        "model_name": set(MODELS),
        "fold_id": fold_ids,
    }
    return {column: pd.CategoricalDtype(sorted(found)) for column, found in names.items()}


def _frame(
    history: History,
    quantiles: Mapping[str, Sequence[NDArray]],
    horizons: Horizons,
    categories: Mapping[str, pd.CategoricalDtype],
    params: Volatility,
) -> pd.DataFrame:
    """Rows of one history that are wanted and have an answer."""
    values = np.empty((len(QUANTILES), len(history.dates), len(horizons), len(MODELS)))
    for column, model in enumerate(MODELS):
        for row, levels in enumerate(quantiles[model]):
            values[:, :, row, column] = levels.T
    answered = ~np.isnan(values[0]) & history.wanted[:, None, None]  # a model's levels come together
    session, horizon, model = np.nonzero(answered)
    firsts = categories["fold_id"].categories.to_numpy().astype("datetime64[D]")
    slow, fast = (
        np.searchsorted(firsts, anchors(history.dates, months))
        for months in (params.garch_refit_months, params.refit_months)
    )
    fold_ids = np.stack([slow if name == "gjr_t_fhs" else fast for name in MODELS], axis=1)
    symbol = categories["symbol"].categories.get_loc(history.symbol)
    codes = {
        "symbol": np.full(len(session), symbol),
        "horizon": categories["horizon"].categories.get_indexer(list(horizons))[horizon],
        "model_name": categories["model_name"].categories.get_indexer(MODELS)[model],
        "fold_id": fold_ids[session, model],
    }
    names = {
        column: pd.Categorical.from_codes(found, dtype=categories[column]) for column, found in codes.items()
    }
    numbers = dict(zip(QUANTILES, values[:, answered], strict=True))
    dates = {"as_of_date": history.dates.astype(object)[session]}
    return pd.DataFrame(names | dates | numbers, columns=list(COLUMNS))
