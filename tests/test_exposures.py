"""Lineage ends at its readers: the exposures of `zl` name the tables its commands query and no others."""

import re
from pathlib import Path

import pytest
import yaml

PROJECT = Path(__file__).parents[1]
EXPOSURES = yaml.safe_load((PROJECT / "models" / "forecasts" / "_exposures.yml").read_text())["exposures"]
# The modules whose queries a command runs.
MODULES = {
    "zl_show": ["show", "record", "drivers"],
    "zl_score": ["scorecard"],
    "zl_report": ["report", "report_record", "show", "record", "drivers", "scorecard"],
    "zl_ablation": ["ablation"],
}
QUERIED = re.compile(r"\b(?:from|join) (?:forecasts|ops|training|features|reference)\.(\w+)")


def read_by(exposure: str) -> set[str]:
    """Models an exposure says it reads."""
    (found,) = [each for each in EXPOSURES if each["name"] == exposure]
    return {ref.removeprefix("ref('").removesuffix("')") for ref in found["depends_on"]}


@pytest.mark.parametrize("exposure", MODULES)
def test_an_exposure_names_what_its_command_queries(exposure):
    text = "".join((PROJECT / "zl" / f"{module}.py").read_text() for module in MODULES[exposure])
    assert read_by(exposure) == set(QUERIED.findall(text))


def test_programs_read_what_the_readme_tells_them_to():
    told = re.search(r"^`forecasts\.zl_predictions`.*?\n\n", (PROJECT / "README.md").read_text(), re.M | re.S)
    assert read_by("programs") == set(re.findall(r"`(?:forecasts|ops)\.(\w+)`", told.group()))


def test_what_programs_read_has_an_enforced_contract():
    files = (PROJECT / "models").rglob("_*.yml")
    models = [model for file in files for model in yaml.safe_load(file.read_text()).get("models") or []]
    enforced = {
        model["name"] for model in models if model.get("config", {}).get("contract") == {"enforced": True}
    }
    assert read_by("programs") <= enforced
