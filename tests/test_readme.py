"""What the documents promise: commands that exist, files that are there, output as it is printed."""

import datetime as dt
import io
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rich.console import Console

from zl.cli import app
from zl.served import open_served
from zl.show import PAST_ROWS, latest_forecast, print_forecast

PROJECT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "CONTRIBUTING.md"]
PAGES = [*DOCUMENTS, *sorted(f"docs/{page.name}" for page in (PROJECT / "docs").glob("*.md"))]
ZL = typer.main.get_command(app)


def text_of(document: str) -> str:
    return (PROJECT / document).read_text()


def commands() -> list[str]:
    """Every command in a `sh` block of the documents, without comments and exports."""
    blocks = [
        b for document in DOCUMENTS for b in re.findall(r"```sh\n(.*?)```", text_of(document), re.DOTALL)
    ]
    lines = [line.split(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return sorted({line for line in lines if line and not line.startswith("export ")})


def of(program: str) -> list[list[str]]:
    """Arguments of the documents' commands that run `program`."""
    words = [shlex.split(line) for line in commands()]
    return [args for name, *args in words if name.removeprefix(".venv/bin/") == program]


def test_every_documented_command_is_of_a_known_program():
    programs = {shlex.split(line)[0] for line in commands()}
    assert programs == {"make", ".venv/bin/dbt", ".venv/bin/zl", ".venv/bin/python"}


@pytest.mark.parametrize("args", of("make"), ids=" ".join)
def test_documented_make_targets_exist(args):
    """Dry run; `make forecast` and `make test` themselves are run by CI."""
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
    done = subprocess.run(
        ["make", "--dry-run", *args],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("args", of("zl"), ids=" ".join)
def test_documented_zl_commands_parse(args):
    name, *rest = args
    with ZL.make_context("zl", [name]) as context:
        command = ZL.get_command(context, name)
    assert command.make_context(name, list(rest)).params


def test_documented_dbt_targets_exist():
    targets = [args[args.index("--target") + 1] for args in of("dbt") if "--target" in args]
    assert set(targets) <= set(yaml.safe_load((PROJECT / "profiles.yml").read_text())["zl"]["outputs"])


def selections() -> list[list[str]]:
    """Selection and vars of the documents' dbt commands, each once, without targets."""
    found = [" ".join(map(shlex.quote, args[1:])).split(" --target ")[0] for args in of("dbt")]
    return [shlex.split(line) for line in sorted(set(found))]


@pytest.fixture(scope="module")
def dbt_folder(tmp_path_factory) -> Path:
    """One folder for dbt's saved parse."""
    return tmp_path_factory.mktemp("dbt")


@pytest.mark.parametrize("selection", selections(), ids=" ".join)
def test_documented_dbt_commands_select_something(selection, dbt_folder):
    """`dbt ls` with the same selection and vars."""
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("dbt"), "--quiet", "ls", *selection),
            *("--target-path", dbt_folder / "target", "--log-path", dbt_folder / "logs"),
        ],
        cwd=PROJECT,
        env=os.environ | {"ZL_DB": str(dbt_folder / "zl.duckdb")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and done.stdout.strip(), done.stdout + done.stderr


@pytest.mark.parametrize("document", PAGES)
def test_every_named_file_is_there(document):
    text, folder = text_of(document), (PROJECT / document).parent
    linked = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    named = re.findall(r"`((?:ml|models|seeds|macros|tests|docs|landing|analyses)/[\w./*-]+)`", text)
    missing = [path for path in linked if not (folder / path).exists()]
    assert missing + [path for path in named if not list(PROJECT.glob(path.rstrip("/")))] == []


def test_the_documented_switches_are_the_vars():
    rows = re.findall(r"^\| `(\w+)` \|", text_of("README.md"), re.MULTILINE)
    assert rows == list(yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"])


def shape(printed: str) -> list[str]:
    """Printed output without numbers, verdicts, weights and widths: what stays the same from run to run."""
    lines = []
    for line in printed.strip().splitlines():
        line = re.sub(r"(Run |@)\w+", r"\1id", line)
        line = re.sub(r"\b\d\w(, \d\w)+: it stays", "horizons: it stays", line)
        line = re.sub(r"\b(better|worse|unclear|equal|off)\b", "verdict", line)
        line = re.sub(r"[+-]?[\d,]*\.?\d+", "#", line)
        line = re.sub(r"(verdict\s*)+", "verdict ", re.sub(r"─+", "─", line))
        line = re.sub(r"^(#\w)  \w.*", r"\1 weights", line)
        line = re.sub(r"^[a-z]\S*( +<?#)+\s*$", "part of the forecast", line)
        lines.append(line)
    reasons = [line for line in lines if line.startswith("    ") and line.strip()[0].isalpha()]
    return [" ".join(line.split()) for line in lines if line.strip() and line not in reasons]


def test_readme_shows_output_of_the_form_that_is_printed(served_db):
    found = re.search(
        r"<!-- zl show -->\n```\n(.*?)\n```\n<!-- end of zl show -->", text_of("README.md"), re.DOTALL
    )
    assert found, "README.md lacks the output; make readme"
    with open_served(served_db) as served:
        summary = latest_forecast(served, dt.date(2024, 7, 1))
    console = Console(width=100, record=True, file=io.StringIO(), highlight=False)
    print_forecast(summary, console)
    joined = " ".join(shape(found.group(1)))
    missing = [line for line in shape(console.export_text()) if line not in joined and "weights" not in line]
    assert missing == [], "README.md is out of date; make readme"
    assert joined.startswith("SAMPLE DATA")


def test_what_past_rows_are_is_said_and_how_to_keep_a_log():
    text = " ".join(text_of("README.md").split())
    assert f"{PAST_ROWS} Whoever wants a log keeps each day's: `.venv/bin/zl show --json >" in text


def test_direct_pins_are_in_the_lock_and_the_lock_is_plain():
    lock = [line for line in text_of("requirements.lock").splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lock)
    locked = {canonicalize_name(name): version for name, version in (line.split("==") for line in lock)}
    project = tomllib.loads(text_of("pyproject.toml"))["project"]
    for line in [*project["dependencies"], *project["optional-dependencies"]["dev"]]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(locked[canonicalize_name(wanted.name)]), line
