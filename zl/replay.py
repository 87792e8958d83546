"""`zl replay`: the forecast of a past day, made again from what was knowable at its close, beside what is
served.

The replay is the main command with knowledge cut (`as_of`), in a database and a target folder of its own; the
served file is only read. Fits come from the cache, so a replay of a served day fits nothing.
"""

import datetime as dt
import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zl.served import Served

PROJECT = Path(__file__).resolve().parent.parent
# What a forecast's day could not know: which run made the row, and what came after.
NOT_KNOWN_THEN = ("run_id", "is_live", "data_origin")
OUTCOME_PREFIX = "actual_"


class ReplayError(RuntimeError):
    """A replay that could not be made; the message is one line."""


@dataclass(frozen=True)
class Switches:
    """The vars of a replay."""

    as_of: dt.date
    landing: str
    effort: str

    def as_json(self) -> str:
        """The value of dbt's `--vars`."""
        return json.dumps({"as_of": self.as_of.isoformat(), "landing": self.landing, "effort": self.effort})


def replay_database(db: Path, switches: Switches) -> Path:
    """Where a replay builds: `<db>.replay/<as_of>-<landing's name>-<hash of its path>.duckdb`."""
    landing = (PROJECT / switches.landing).resolve()
    place = hashlib.sha256(str(landing).encode()).hexdigest()[:8]
    return Path(f"{db.resolve()}.replay") / f"{switches.as_of}-{landing.name}-{place}.duckdb"


def build_replay(db: Path, switches: Switches) -> Path:
    """Run the main command with knowledge cut at `switches.as_of`; returns the file that holds its result.

    Raises
    ------
    ReplayError
        The landing folder is missing, or dbt refused or failed (its own words are on the terminal).
    """
    if not (PROJECT / switches.landing).is_dir():
        raise ReplayError(f"The landing folder '{switches.landing}' does not exist.")
    own = replay_database(db, switches)
    own.parent.mkdir(parents=True, exist_ok=True)
    scratch = own.with_suffix("")
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "build", "--select", "+zl_predictions"),
            *(
                "--vars",
                switches.as_json(),
                "--target-path",
                f"{scratch}.target",
                "--log-path",
                f"{scratch}.logs",
            ),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        ],
        cwd=PROJECT,
        env=os.environ
        | {
            "ZL_DB": str(own),
            "ZL_CACHE": os.path.abspath(os.environ.get("ZL_CACHE") or PROJECT / ".zl_cache"),
        },
        check=False,
    )
    if done.returncode != 0:
        raise ReplayError(
            f"The replay of {switches.as_of} was not built: dbt stopped with exit code {done.returncode}, "
            "its reason is above. What is served has not been touched."
        )
    # A build with `as_of` publishes nothing: its result stays in the scratch file.
    return Path(f"{own}.build")


def rows_of_day(served: Served, as_of: dt.date) -> list[dict[str, Any]]:
    """The rows of forecasts.zl_predictions of one day, in the order of horizons."""
    return served.rows(
        "select * from forecasts.zl_predictions where as_of_date = ? order by horizon_sessions", [as_of]
    )


def differences(replayed: list[dict[str, Any]], served: list[dict[str, Any]]) -> list[str]:
    """Where two versions of a day's rows differ in the last bit, over all a forecast of that day could know.

    Returns
    -------
    One line per difference, `1m p10_log: replayed ..., served ...`; empty when the two are the same.
    """
    theirs = {row["horizon"]: row for row in served}
    found = [
        f"{horizon}: served but not replayed"
        for horizon in theirs.keys() - {row["horizon"] for row in replayed}
    ]
    for row in replayed:
        other = theirs.get(row["horizon"])
        if other is None:
            found.append(f"{row['horizon']}: replayed but not served")
            continue
        for name in dict.fromkeys([*row, *other]):
            if name in NOT_KNOWN_THEN or name.startswith(OUTCOME_PREFIX):
                continue
            if bits(row.get(name)) != bits(other.get(name)):
                found.append(
                    f"{row['horizon']} {name}: replayed {row.get(name)!r}, served {other.get(name)!r}"
                )
    return sorted(found)


def bits(value: Any) -> Any:
    """A value that is equal only to the same bits: NaN equals NaN, 0.0 is not -0.0."""
    return value.hex() if isinstance(value, float) else value


def reasons_to_differ(replayed_run: dict[str, Any], run: dict[str, Any]) -> str:
    """What the two runs did not share, in words; empty when they shared data, code and effort."""
    shared = {"effort": "effort", "data_fingerprint": "landing files", "code_fingerprint": "code"}
    unlike = [words for name, words in shared.items() if replayed_run.get(name) != run.get(name)]
    return f" The two runs do not share: {', '.join(unlike)}." if unlike else ""
