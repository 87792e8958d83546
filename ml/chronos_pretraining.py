"""Pretrain a small Chronos-Bolt checkpoint on simulated price-like series.

    python -m ml.chronos_pretraining --out ml/checkpoints/chronos_bolt_zl_small --steps 7000 --seed 20240628

Nothing but simulated numbers goes in: log-price paths with changing volatility, fat tails, jumps and, in a
few, weak mean reversion. The class is the published one (`chronos.ChronosBoltModelForForecasting`, Ansari et
al. 2024, arXiv:2403.07815), so what is written loads through AutoGluon like any Chronos-Bolt of the hub.

Three things make half an hour of one core enough. Every simulated past is continued by several futures drawn
from its true state, in mirrored pairs around their mean, so the target of the loss is much less noisy than
one realised path. The pinball loss at each horizon is divided by the width of those futures, so that one week
counts as much as six months and a calm series as much as a wild one. And the pasts are short at first.
"""

import argparse
import json
import math
import sys
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ml.params import NORMAL_Z90

HORIZON = 128  # steps per forward pass; covers 126 sessions without feeding forecasts back
CONTEXT = 512
SCORED_HORIZONS = (5, 21, 63, 126)
QUANTILES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SCORED_QUANTILES = (0.1, 0.5, 0.9)
EWMA_LAMBDA = 0.94
SESSIONS_PER_YEAR = 252


@dataclass(frozen=True)
class Market:
    """Parameters and state of n simulated markets; every field has shape (n,). Daily units, logs."""

    base_log_vol: NDArray  # log of the daily volatility around which everything else moves
    slow_decay: NDArray  # AR(1) coefficient of the slow log-volatility component
    slow_sd: NDArray  # its stationary standard deviation
    fast_decay: NDArray
    fast_sd: NDArray
    garch_arch: NDArray  # weight of the last squared return; 0 = no GARCH recursion
    garch_decay: NDArray  # weight of the last variance
    season_amplitude: NDArray  # yearly swing of log volatility
    season_phase: NDArray
    tail_df: NDArray  # degrees of freedom of the t innovations
    jump_rate: NDArray  # probability per session
    jump_size: NDArray  # in base volatilities
    reversion: NDArray  # share of the distance to `anchor` closed per session; 0 = random walk
    drift: NDArray  # log drift per session
    anchor: NDArray
    log_price: NDArray  # state from here on
    slow: NDArray
    fast: NDArray
    garch_log_ratio: NDArray  # log of GARCH variance over its long-run value
    session: NDArray


def draw_markets(rng: np.random.Generator, n: int) -> Market:
    """n markets from the prior: most with two-speed stochastic volatility, some GARCH, a few of constant
    volatility.

    The widths of the prior are those of liquid futures in general (0.3 to 5 % a day, doubling and halving
    over months, t with 4 to 30 degrees of freedom, up to five jumps a year). Drift and mean reversion are too
    weak to be read off two years of prices, which teaches the median to stay where the price is.
    """
    kind = rng.random(n)
    is_garch = (kind > 0.6) & (kind < 0.9)
    is_flat = kind >= 0.9
    stochastic = ~(is_garch | is_flat)
    slow_life = np.exp(rng.normal(math.log(100), 0.9, n)).clip(15, 1500)
    fast_life = np.exp(rng.normal(math.log(6), 0.8, n)).clip(1, 30)
    slow_decay, fast_decay = np.exp(-1 / slow_life), np.exp(-1 / fast_life)
    slow_sd = np.where(
        stochastic, rng.uniform(0.10, 0.50, n), np.where(is_garch, rng.uniform(0, 0.3, n), 0.0)
    )
    fast_sd = np.where(stochastic, rng.uniform(0.0, 0.30, n), 0.0)
    arch = np.where(is_garch, rng.uniform(0.02, 0.12, n), 0.0)
    persistence = np.where(is_garch, 1 - np.exp(rng.uniform(math.log(0.004), math.log(0.06), n)), 0.0)
    is_seasonal = rng.random(n) < 0.3
    has_jumps = rng.random(n) < 0.5
    reverts = rng.random(n) < 0.15
    base_vol = np.exp(rng.normal(math.log(0.013), 0.55, n)).clip(0.003, 0.05)
    log_price = rng.uniform(0, 8, n)
    return Market(
        base_log_vol=np.log(base_vol),
        slow_decay=slow_decay,
        slow_sd=slow_sd,
        fast_decay=fast_decay,
        fast_sd=fast_sd,
        garch_arch=arch,
        garch_decay=(persistence - arch).clip(0, None),
        season_amplitude=np.where(is_seasonal, rng.uniform(0, 0.3, n), 0.0),
        season_phase=rng.uniform(0, 2 * math.pi, n),
        tail_df=np.exp(rng.uniform(math.log(4), math.log(30), n)),
        jump_rate=np.where(has_jumps, rng.uniform(0, 5, n) / SESSIONS_PER_YEAR, 0.0),
        jump_size=rng.uniform(1.5, 4, n),
        reversion=np.where(reverts, 1 - np.exp(-1 / rng.uniform(150, 1500, n)), 0.0),
        drift=rng.normal(0, 0.05, n) / SESSIONS_PER_YEAR,
        anchor=log_price + rng.normal(0, 5, n) * base_vol,
        log_price=log_price,
        slow=rng.normal(0, 1, n) * slow_sd,
        fast=rng.normal(0, 1, n) * fast_sd,
        garch_log_ratio=rng.normal(0, 0.3, n) * is_garch,
        session=rng.uniform(0, SESSIONS_PER_YEAR, n),
    )


def shocks(market: Market, rng: np.random.Generator, n_steps: int) -> tuple[NDArray, Market]:
    """Zero-mean log-price shocks, (n, n_steps), and the markets as they stand after them (log price not
    moved).

    volatility = base · exp(slow + fast + season) · sqrt(GARCH ratio); innovations are t scaled to unit
    variance, plus jumps.
    """
    n = len(market.log_price)
    out = np.empty((n_steps, n))
    slow, fast, ratio = market.slow, market.fast, np.exp(market.garch_log_ratio)
    slow_noise = rng.standard_normal((n_steps, n)) * (market.slow_sd * np.sqrt(1 - market.slow_decay**2))
    fast_noise = rng.standard_normal((n_steps, n)) * (market.fast_sd * np.sqrt(1 - market.fast_decay**2))
    tails = rng.standard_t(np.broadcast_to(market.tail_df, (n_steps, n))) * np.sqrt(1 - 2 / market.tail_df)
    jumps = (
        (rng.random((n_steps, n)) < market.jump_rate) * rng.standard_normal((n_steps, n)) * market.jump_size
    )
    angle = 2 * math.pi / SESSIONS_PER_YEAR
    is_garch = market.garch_arch > 0
    floor = 1 - market.garch_arch - market.garch_decay
    for step in range(n_steps):
        season = market.season_amplitude * np.sin(angle * (market.session + step) + market.season_phase)
        moving = np.exp(slow + fast + season)
        unit = np.sqrt(ratio) * tails[step]
        out[step] = moving * unit + jumps[step]
        ratio = np.where(is_garch, floor + market.garch_arch * unit**2 + market.garch_decay * ratio, 1.0)
        slow = market.slow_decay * slow + slow_noise[step]
        fast = market.fast_decay * fast + fast_noise[step]
    out *= np.exp(market.base_log_vol)
    after = replace(
        market, slow=slow, fast=fast, garch_log_ratio=np.log(ratio), session=market.session + n_steps
    )
    return out.T, after


def walk(market: Market, steps: NDArray) -> NDArray:
    """Log prices, same shape as `steps` (n, k): p = p + drift + reversion · (anchor - p) + step."""
    path, price = np.empty_like(steps), market.log_price
    for i in range(steps.shape[1]):
        price = price + market.drift + market.reversion * (market.anchor - price) + steps[:, i]
        path[:, i] = price
    return path


def simulate(rng: np.random.Generator, n: int, context: int, n_pairs: int) -> tuple[NDArray, NDArray]:
    """Pasts (n, context) and futures (n, 2 · n_pairs, HORIZON) of n markets, as float32 log prices.

    The futures of a past start from its true state; each is followed by its mirror image (all shocks with the
    other sign), which is as likely, because no part of the simulation knows up from down.
    """
    market = draw_markets(rng, n)
    steps, state = shocks(market, rng, context)
    past = walk(market, steps)
    state = replace(state, log_price=past[:, -1])
    twins = Market(**{f.name: np.repeat(getattr(state, f.name), n_pairs) for f in fields(Market)})
    ahead, _ = shocks(twins, rng, HORIZON)
    future = np.stack([walk(twins, ahead), walk(twins, -ahead)], axis=1)
    return past.astype("float32"), future.reshape(n, 2 * n_pairs, HORIZON).astype("float32")


def naive_quantiles(past: NDArray, horizons: tuple[int, ...] = SCORED_HORIZONS) -> NDArray:
    """Driftless normal with EWMA volatility: shape (n, horizons, 3), log returns at 0.1, 0.5, 0.9."""
    squares = np.diff(past.astype("float64"), axis=1) ** 2
    weights = (1 - EWMA_LAMBDA) * EWMA_LAMBDA ** np.arange(squares.shape[1])[::-1]
    sd = np.sqrt((squares * (weights / weights.sum())).sum(axis=1))
    width = NORMAL_Z90 * sd[:, None] * np.sqrt(np.asarray(horizons, dtype=float))
    return np.stack([-width, np.zeros_like(width), width], axis=-1)


def scores(predicted: NDArray, past: NDArray, future: NDArray) -> NDArray:
    """Mean pinball loss per scored horizon, in context standard deviations; `predicted` log returns (n, 4,
    3)."""
    index = np.asarray(SCORED_HORIZONS) - 1
    actual = future[:, :, index].astype("float64") - past[:, None, -1:].astype("float64")  # (n, futures, 4)
    levels = np.asarray(SCORED_QUANTILES)
    error = actual[..., None] - predicted[:, None]
    loss = np.maximum(levels * error, (levels - 1) * error).mean(axis=(1, 3))  # (n, 4)
    return (loss / past.astype("float64").std(axis=1)[:, None]).mean(axis=0)


def new_model(seed: int):
    """An untrained Chronos-Bolt of about two million parameters."""
    import torch
    from chronos.chronos_bolt import ChronosBoltModelForForecasting
    from transformers import T5Config

    torch.manual_seed(seed)
    config = T5Config(
        d_model=128,
        d_kv=32,
        d_ff=512,
        num_heads=4,
        num_layers=4,
        num_decoder_layers=2,
        dropout_rate=0.0,  # fresh simulated series at every step: nothing to overfit
        feed_forward_proj="relu",
        initializer_factor=0.3,
        vocab_size=2,
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
        tie_word_embeddings=False,
        architectures=["ChronosBoltModelForForecasting"],
        chronos_config={
            "context_length": CONTEXT,
            "prediction_length": HORIZON,
            "input_patch_size": 16,
            "input_patch_stride": 16,
            "quantiles": list(QUANTILES),
            "use_reg_token": True,
        },
        chronos_pipeline_class="ChronosBoltPipeline",
    )
    return ChronosBoltModelForForecasting(config)


def pinball_over_width(predicted, past, future, rng: np.random.Generator):
    """Pinball loss over the mean absolute move of the futures, for a random set of horizons, near ones more
    often.

    predicted (n, 9, HORIZON), past (n, k), future (n, futures, HORIZON): tensors of log prices.
    """
    import torch

    odds = np.arange(1, HORIZON + 1) ** -0.7
    drawn = rng.choice(HORIZON, size=24, replace=False, p=odds / odds.sum())
    index = torch.from_numpy(np.union1d(drawn, np.asarray(SCORED_HORIZONS) - 1))
    target = future[:, :, index] - past[:, -1:, None]  # (n, futures, horizons)
    ahead = predicted[:, :, index] - past[:, -1:, None]  # (n, 9, horizons)
    levels = torch.tensor(QUANTILES).view(1, -1, 1, 1)
    error = target.unsqueeze(1) - ahead.unsqueeze(2)
    loss = torch.maximum(levels * error, (levels - 1) * error).mean(dim=2)
    width = target.abs().mean(dim=1).unsqueeze(1)
    weight = torch.tensor([2.0 if q in SCORED_QUANTILES else 1.0 for q in QUANTILES])
    return ((loss / width) * (weight / weight.mean()).view(1, -1, 1)).mean()


def predicted_returns(model, past: NDArray) -> NDArray:
    """Log-return quantiles (n, 4, 3) of `model` at the scored horizons and levels."""
    import torch

    levels = [QUANTILES.index(q) for q in SCORED_QUANTILES]
    with torch.no_grad():
        parts = [model(context=part).quantile_preds for part in torch.from_numpy(past).split(256)]
    quantiles = torch.cat(parts).numpy().astype("float64")[:, levels][:, :, np.asarray(SCORED_HORIZONS) - 1]
    return quantiles.transpose(0, 2, 1) - past[:, -1].astype("float64")[:, None, None]


def held_out_scores(model, seed: int, n: int = 2048, context: int = 256) -> dict:
    """Mean pinball loss of model and naive on simulated markets never trained on, and the skill in
    percent."""
    past, future = simulate(np.random.default_rng([seed, 999]), n, context, 8)
    ours, naive = (
        scores(predicted_returns(model, past), past, future),
        scores(naive_quantiles(past), past, future),
    )
    return {
        str(h): {"model": round(a, 6), "naive": round(b, 6), "skill_pct": round(100 * (1 - a / b), 2)}
        for h, a, b in zip(SCORED_HORIZONS, ours.tolist(), naive.tolist(), strict=True)
    }


def context_length(step: int, steps: int, rng: np.random.Generator) -> int:
    """Sessions of past shown at this step: short ones first, then mostly the length the forecasts use.

    With three patches the network finds the last price within a few hundred cheap steps; with 23 of them it
    stays for many hundred on the plateau where it only knows the mean.
    """
    if step < steps // 12:
        return 48
    if step < steps // 6:
        return 128
    return int(rng.choice([256, 368, 512], p=[0.55, 0.35, 0.10]))


def train(steps: int, seed: int, batch: int = 64, n_pairs: int = 6, peak_rate: float = 1e-3, say=print):
    """A model trained on `steps` batches (exponential average of its weights); same arguments, same bytes."""
    import torch

    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    model = new_model(seed)
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.998)
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=peak_rate, betas=(0.9, 0.98), weight_decay=0.01)
    warm_up = max(1, min(300, steps // 10))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda i: min((i + 1) / warm_up, 0.5 * (1 + math.cos(math.pi * min(1.0, i / steps))) + 0.002),
    )
    began, total, block = time.process_time(), 0.0, 16
    for step in range(steps):
        if (
            step % block == 0
        ):  # simulate a block of batches at once: the recursion over sessions is what costs
            rng = np.random.default_rng([seed, step])
            context = context_length(step, steps, rng)
            pasts, futures = simulate(rng, block * batch, context, n_pairs)
        rows = slice((step % block) * batch, (step % block + 1) * batch)
        past, future = torch.from_numpy(pasts[rows]), torch.from_numpy(futures[rows])
        loss = pinball_over_width(model(context=past).quantile_preds, past, future, rng)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        average.update_parameters(model)
        total += loss.item()
        if (step + 1) % 250 == 0 or step + 1 == steps:
            line = {
                "step": step + 1,
                "loss": round(total / (step % 250 + 1), 5),
                "cpu_seconds": round(time.process_time() - began),
            }
            if (step + 1) % 1500 == 0 or step + 1 == steps:
                line["held_out"] = {
                    h: s["skill_pct"] for h, s in held_out_scores(average.module, seed).items()
                }
            say(json.dumps(line))
            total = 0.0
    return average.module


def save(model, out: Path) -> None:
    """Write config.json and model.safetensors, in float16 (half the size; it is read back as float32)."""
    import torch

    model.to(torch.float16).save_pretrained(out)


def main() -> None:
    """The command line: train, save, score on held-out simulated markets."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder to write config.json, model.safetensors and scores.json",
    )
    parser.add_argument(
        "--steps", type=int, default=7000, help="batches of 64 series; about 5 a second on one core"
    )
    parser.add_argument("--seed", type=int, default=20240628)
    parser.add_argument("--log", type=Path, help="also append the progress lines to this file")
    args = parser.parse_args()

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)
        if args.log:
            with args.log.open("a") as file:
                file.write(line + "\n")

    model = train(args.steps, args.seed, say=say)
    args.out.mkdir(parents=True, exist_ok=True)
    save(model, args.out)
    held_out = held_out_scores(model.float(), args.seed, n=8192)
    facts = {
        "steps": args.steps,
        "seed": args.seed,
        "training_data": "simulated",
        "held_out_simulated": held_out,
    }
    (args.out / "scores.json").write_text(json.dumps(facts, indent=2) + "\n")
    say(json.dumps(facts))


if __name__ == "__main__":
    main()
