"""Knobs are typed, frozen, and refused in one line when misspelt."""

import shutil

import pytest
import yaml
from pydantic import ValidationError

from ml import params
from ml.params import EFFORTS, PROJECT, ParamsError, load_bucket, load_params, validate_all


@pytest.fixture
def project(tmp_path):
    """A copy of the files that hold knobs, to be spoilt."""
    (tmp_path / "seeds").mkdir()
    shutil.copytree(PROJECT / "ml" / "buckets", tmp_path / "ml" / "buckets")
    shutil.copy(PROJECT / "ml" / "params.yml", tmp_path / "ml")
    for seed in ("buckets.csv", "horizons.csv"):
        shutil.copy(PROJECT / "seeds" / seed, tmp_path / "seeds")
    return tmp_path


def spoil(path, **changes):
    """Set keys of a YAML file; `__` steps into a section, `...` removes."""
    values = yaml.safe_load(path.read_text())
    for key, value in changes.items():
        *sections, last = key.split("__")
        section = values
        for name in sections:
            section = section[name]
        if value is ...:
            del section[last]
        else:
            section[last] = value
    path.write_text(yaml.safe_dump(values))


def refusal(project):
    with pytest.raises(ParamsError) as caught:
        validate_all(project)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_projects_own_knobs_are_valid():
    validate_all()
    assert {effort: load_params(effort).walk_forward.refit_months for effort in EFFORTS} == {
        "quick": 12,
        "standard": 4,
        "full": 3,
    }


def test_every_bucket_has_a_file_and_main_too():
    files = {path.stem for path in (PROJECT / "ml" / "buckets").glob("*.yml")}
    assert files == set(params.bucket_names())
    assert "main" in files and len(files) > 1


def test_knobs_are_frozen():
    with pytest.raises(ValidationError, match="frozen"):
        load_params("quick").walk_forward.refit_months = 1


def test_an_effort_lays_its_values_over_the_common_ones(project):
    spoil(project / "ml" / "params.yml", efforts__standard__learners__median_weight=0.125)
    assert load_params("standard", project).learners.median_weight == 0.125
    assert load_params("quick", project).learners.median_weight == load_params("quick").learners.median_weight


def test_an_unknown_effort_is_refused():
    with pytest.raises(ParamsError, match=r"^effort: found 'hard'; allowed: quick, standard, full\.$"):
        load_params("hard")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"walk_forwards": {}},
            "ml/params.yml: unknown key 'walk_forwards'; allowed: walk_forward, learners",
        ),
        (
            {"walk_forward__refit_month": 4},
            "unknown key 'walk_forward.refit_month'; allowed there: refit_months",
        ),
        (
            {"efforts__quick__walk_forward__refit_months": 0},
            "walk_forward.refit_months: found 0; input should be greater",
        ),
        ({"efforts__quick__walk_forward__refit_months": "four"}, "walk_forward.refit_months: found 'four'"),
        ({"learners__seed": ...}, "learners.seed: missing."),
        ({"efforts__quick__learners__estimators__GBM__num_leafs": 8}, "learners.estimators.GBM.num_leafs"),
        ({"efforts__quick__learners__estimators__XGB": {}}, "allowed there: GBM, CAT, XT, RF."),
        ({"efforts__hard": {}}, "efforts: unknown key 'hard'; allowed: quick, standard, full."),
    ],
)
def test_a_wrong_knob_is_refused_by_name(project, changes, says):
    spoil(project / "ml" / "params.yml", **changes)
    message = refusal(project)
    assert message.startswith("ml/params.yml: ")
    assert says in message


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"horizons": ["1w", "2w"]}, "horizons: found '2w'; allowed: 1w, 1m, 3m, 6m."),
        ({"horizons": []}, "horizons: found []"),
        ({"estimators": ["XGB"]}, "estimators.0: found 'XGB'; allowed: GBM, CAT, XT, RF, NN_TORCH."),
        ({"estimators": ["RF"]}, "estimators: found RF; allowed with effort quick: GBM, CAT."),
        ({"bucket": "palm"}, "bucket: found 'palm'; allowed: crush (the file's name)."),
        ({"feature": ["x"]}, "unknown key 'feature'; allowed: bucket, features, horizons"),
        ({"features": ["x", "x"]}, "features: 'x' stands there twice."),
        ({"features": ["target_log"]}, "features: found 'target_log'"),
        ({"features": ["vol_forecast_log"]}, "features: found 'vol_forecast_log'"),
        ({"features": ["blend_forecast_log"]}, "features: found 'blend_forecast_log'"),
        ({"time_limit_seconds": 0}, "time_limit_seconds: found 0"),
        ({"features": ...}, "features: missing."),
        ({"features": []}, "features: found []"),
    ],
)
def test_a_wrong_bucket_file_is_refused_by_name(project, changes, says):
    spoil(project / "ml" / "buckets" / "crush.yml", **changes)
    message = refusal(project)
    assert message.startswith("ml/buckets/crush.yml: ")
    assert says in message


def test_a_bucket_nobody_knows_and_one_that_is_gone_are_refused(project):
    shutil.copy(project / "ml" / "buckets" / "fx.yml", project / "ml" / "buckets" / "palm.yml")
    assert refusal(project).startswith(
        "ml/buckets/palm.yml: unknown bucket 'palm'; allowed: crush, china, fx"
    )
    (project / "ml" / "buckets" / "palm.yml").unlink()
    (project / "ml" / "buckets" / "fx.yml").unlink()
    load_bucket.cache_clear()
    assert refusal(project) == "ml/buckets/fx.yml: no such file."


@pytest.mark.parametrize("effort", EFFORTS)
def test_learners_speak_in_the_width_the_ensemble_rests_at(effort):
    """Else a learner with nothing to say would differ from the fallback, and be weighed for it."""
    targets = (PROJECT / "models" / "training" / "standardised_targets.sql").read_text()
    blend = targets.split("blend as (")[1].split("),\n")[0]
    assert f"model_name = '{load_params(effort).ensemble.fallback_model}'" in blend


def test_a_file_that_is_no_yaml_is_refused_with_its_line(project):
    (project / "ml" / "buckets" / "fx.yml").write_text("bucket: fx\nfeatures: [a\n")
    assert refusal(project).startswith("ml/buckets/fx.yml: line 3: not YAML")
