"""Markets whose truth is known: price histories of four kinds, and drivers that move a return.

A session is a Brownian path whose variance is drawn before it, so that its return, its range and its
opening gap tell of the same variance, and the range does so without bias.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr
from simulated_walk import Z90, targets

DAILY_SD = 0.015
"""Long-run standard deviation of a session's log return, about soybean oil's."""
OVERNIGHT_SHARE = 0.2
"""Part of a session's variance that falls before its open."""
STEPS = 4
"""Pieces of a session; highest and lowest within each are those of a Brownian bridge."""
GARCH_REACTION, GARCH_MEMORY = 0.06, 0.92
"""Weights of yesterday's square and variance; half of a shock is gone after 34 sessions."""
BREAK_FACTOR = 2.0
"""A market's standard deviation is multiplied, or divided, by this at its break."""

FIRST_DATE = "1850-01-01"
"""From here 100,000 sessions, one a day, end before pandas' last date and are not too far apart for it."""

Variances = Callable[[np.random.Generator, NDArray], NDArray]


def iid_normal(rng: np.random.Generator, shocks: NDArray) -> NDArray:
    """Variances of the sessions, shape of `shocks` (sessions, markets): the same every day."""
    return np.full(shocks.shape, DAILY_SD**2)


def iid_t5(rng: np.random.Generator, shocks: NDArray) -> NDArray:
    """Independent variances that make normal returns t(5)."""
    return DAILY_SD**2 * _mixing(rng, 5, shocks.shape)


def garch_t6(rng: np.random.Generator, shocks: NDArray) -> NDArray:
    """GARCH(1,1) whose shocks are t(6), begun at its long-run variance."""
    mixing = _mixing(rng, 6, shocks.shape)
    conditional = np.empty(shocks.shape)
    today = np.full(shocks.shape[1], DAILY_SD**2)
    constant = DAILY_SD**2 * (1 - GARCH_REACTION - GARCH_MEMORY)
    for session, (shock, mixed) in enumerate(zip(shocks, mixing, strict=True)):
        conditional[session] = today
        today = constant + today * (GARCH_REACTION * mixed * shock**2 + GARCH_MEMORY)
    return conditional * mixing


def regime_break(rng: np.random.Generator, shocks: NDArray) -> NDArray:
    """Normal returns whose deviation doubles (even markets) or halves (odd) once, after a third."""
    n_sessions, n_markets = shocks.shape
    has_broken = np.arange(n_sessions)[:, None] >= rng.integers(n_sessions // 3, n_sessions, n_markets)
    factor = np.where(np.arange(n_markets) % 2 == 0, BREAK_FACTOR**2, BREAK_FACTOR**-2)
    return DAILY_SD**2 * np.where(has_broken, factor, 1.0)


def price_histories(
    rng: np.random.Generator, variances: Variances, n_sessions: int, n_markets: int
) -> pd.DataFrame:
    """Daily bars of `n_markets` roots, with the columns that `ml.histories` reads; no rolls.

    Parameters
    ----------
    variances : gives the sessions' variances, once their standardised returns are drawn.
    """
    shape = (n_sessions, n_markets)
    gap = np.sqrt(OVERNIGHT_SHARE) * rng.normal(size=shape)
    piece = np.sqrt((1 - OVERNIGHT_SHARE) / STEPS)
    points = np.cumsum(np.concatenate([gap[None], piece * rng.normal(size=(STEPS, *shape))]), axis=0)
    high, low = _bridge_extremes(rng, points, piece)
    sd = np.sqrt(variances(rng, points[-1]))
    close = np.cumsum(sd * points[-1], axis=0)
    before = np.concatenate([np.zeros((1, n_markets)), close[:-1]])
    dates = pd.bdate_range("2010-06-07", periods=n_sessions)
    prices = {
        name: np.exp(before + sd * of_day).T.ravel()
        for name, of_day in {"open": gap, "high": high, "low": low, "close": points[-1]}.items()
    }
    returns = sd * points[-1]
    returns[0] = np.nan  # as on a real first row: no close stands before it
    previous = np.exp(before)
    previous[0] = np.nan
    return pd.DataFrame(
        {
            "symbol": np.repeat([f"M{place:02d}" for place in range(n_markets)], n_sessions),
            "edition_at": pd.Timestamp("1970-01-01"),
            "trade_date": np.tile(dates, n_markets),
            **prices,
            "previous_close": previous.T.ravel(),
            "return_log": returns.T.ravel(),
            "published_at": np.tile(dates + pd.Timedelta(hours=19), n_markets),
        }
    )


def persistent(rng: np.random.Generator, n: int, n_features: int, half_life: float) -> NDArray:
    """Independent AR(1) series of variance 1, shape (n, n_features)."""
    memory = 0.5 ** (1 / half_life)
    shocks = rng.normal(size=(n, n_features))
    shocks[1:] *= np.sqrt(1 - memory**2)
    for session in range(1, n):
        shocks[session] += memory * shocks[session - 1]
    return shocks


def driven_returns(
    rng: np.random.Generator, driver: NDArray, half_life: float, r2: float, h: int
) -> tuple[NDArray, NDArray]:
    """Daily returns whose drift is a multiple of yesterday's `driver`, an AR(1) of variance 1.

    Returns
    -------
    Returns, scaled so that the next h sum to a target of variance 1, and that target's mean given today's
    driver; both shape (n,). The mean's variance is `r2`: what an oracle can explain.
    """
    memory = 0.5 ** (1 / half_life)
    effect = np.sqrt(r2) / (memory ** np.arange(h)).sum()
    lags = np.abs(np.subtract.outer(np.arange(h), np.arange(h)))
    noise = np.sqrt((1 - effect**2 * (memory**lags).sum()) / h)
    returns = noise * rng.normal(size=len(driver))
    returns[1:] += effect * driver[:-1]
    return returns, np.sqrt(r2) * driver


def standardised(returns: NDArray, horizons: dict[str, int], scale_sessions: int) -> pd.DataFrame:
    """`training.standardised_targets`; returns sum to variance 1 over `scale_sessions`, as is forecast."""
    dates = pd.date_range(FIRST_DATE, periods=len(returns))
    volatility = 1 / np.sqrt(scale_sessions)
    frames = [targets(returns, volatility, name, h, dates) for name, h in horizons.items()]
    frame = pd.concat(frames, ignore_index=True)
    return frame.assign(target_std=frame["target_log"] / frame["vol_forecast_log"])


def expected_losses(quantiles: NDArray, mean: NDArray, sd: float) -> NDArray:
    """Pinball summed over 10/50/90 %, expected when the outcome is normal; shape (n,), no luck in it.

    Parameters
    ----------
    quantiles : shape (n, 3).
    mean : shape (n,), of the outcome given all that is known.
    """
    below = (quantiles - mean[:, None]) / sd
    density = np.exp(-(below**2) / 2) / np.sqrt(2 * np.pi)
    return sd * (density + below * (ndtr(below) - np.array([0.1, 0.5, 0.9]))).sum(axis=1)


def normal_quantiles(mean: NDArray, sd: float) -> NDArray:
    """10/50/90 % of a normal, shape (n, 3)."""
    return mean[:, None] + sd * np.array([-Z90, 0.0, Z90])


def _mixing(rng: np.random.Generator, degrees: int, shape: tuple[int, ...]) -> NDArray:
    """Variances of mean 1 that make a normal a Student t."""
    return (degrees - 2) / rng.chisquare(degrees, shape)


def _bridge_extremes(rng: np.random.Generator, points: NDArray, piece: float) -> tuple[NDArray, NDArray]:
    """Highest and lowest of Brownian paths through `points` (pieces + 1, ...), `piece` their deviation."""
    start, end = points[:-1], points[1:]
    reach = [np.sqrt((end - start) ** 2 - 2 * piece**2 * np.log1p(-rng.random(end.shape))) for _ in range(2)]
    return ((start + end + reach[0]) / 2).max(axis=0), ((start + end - reach[1]) / 2).min(axis=0)
