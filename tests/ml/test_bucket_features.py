"""The feature lists of `ml/buckets` against the matrix they draw from, as its contract describes it."""

import csv
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[2]
FILES = sorted((PROJECT / "ml" / "buckets").glob("*.yml"))


def described_models() -> dict[str, dict[str, dict]]:
    text = (PROJECT / "models" / "features" / "_features.yml").read_text(encoding="utf-8")
    return {
        model["name"]: {column["name"]: column for column in model["columns"]}
        for model in yaml.safe_load(text)["models"]
    }


def features_of(path: Path) -> list[str]:
    return yaml.safe_load(path.read_text(encoding="utf-8"))["features"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_bucket_feature_is_a_column_of_the_matrix(path: Path) -> None:
    unknown = set(features_of(path)) - set(described_models()["daily_ml_matrix"])
    assert not unknown, f"{path.name}: {sorted(unknown)} are no columns of daily_ml_matrix"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_specialist_sees_a_few_dozen_features_at_most(path: Path) -> None:
    features = features_of(path)
    low, high = (40, 60) if path.stem == "main" else (10, 25)
    assert low <= len(features) <= high
    assert len(features) == len(set(features))


def test_no_target_is_among_the_matrix_columns() -> None:
    answers = ("target", "actual", "matured", "forecast", "close", "adj_close", "split", "fold")
    told = [name for name in described_models()["daily_ml_matrix"] if name.startswith(answers)]
    assert not told, f"{told} hold the answer or the split"


def test_the_matrix_holds_every_column_of_every_feature_model() -> None:
    models = described_models()
    made = [name for model, columns in models.items() if model.startswith("feat_") for name in columns]
    assert set(made) == set(models["daily_ml_matrix"]) - {"as_of_at"}


def test_every_specialist_looks_at_its_own_bucket() -> None:
    models = described_models()
    for path in FILES:
        if path.stem != "main":
            own = set(models[f"feat_{path.stem}"]) & set(features_of(path))
            assert len(own) >= 5, f"{path.name} names {len(own)} features of feat_{path.stem}"


def test_features_from_one_late_vintage_say_so() -> None:
    columns = described_models()["daily_ml_matrix"]
    revised = (
        "nfci_index",
        "stlfsi4_index",
        "dollar_change",
        "cpi_change",
        "unrate_pct",
        "trade_policy_uncertainty_r",
    )
    for name, column in columns.items():
        if name.startswith(revised):
            assert column.get("config", {}).get("meta", {}).get("vintage") == "latest", name


def test_every_score_component_is_in_the_matrix_or_waits_for_its_source() -> None:
    columns = described_models()["daily_ml_matrix"]
    with (PROJECT / "seeds" / "bucket_score_components.csv").open(encoding="utf-8", newline="") as file:
        components = list(csv.DictReader(file))
    waiting = [row for row in components if row["feature_name"] not in columns]
    assert all(row["availability"] == "live_source" for row in waiting), waiting
    with (PROJECT / "seeds" / "buckets.csv").open(encoding="utf-8", newline="") as file:
        buckets = {row["bucket"] for row in csv.DictReader(file)}
    assert {row["bucket"] for row in components} == buckets
