"""What the checks of data quality say at an hour of the past, without a dbt run for each.

dbt builds the staging layers of a landing once and compiles its checks. For an hour, a database in memory
holds the raw rows and the judged versions known by then, under dbt's own names; all above them (staging,
axes, freshness, the checks) is dbt's compiled SQL, run on those, with that hour as its clock. What reads
neither the clock nor anything that has changed since the hour before keeps its rows and its verdict.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb
import numpy as np
from builds import STAGED, dbt, knowing_our_functions, scratch

BUILT_AT = datetime(2024, 7, 1, 12)


@dataclass(frozen=True)
class Node:
    """A model or check as dbt compiled it: its SQL, the nodes it reads, and when a check alarms."""

    key: str
    name: str
    relation: str
    sql: str
    parents: frozenset[str]
    config: dict

    @property
    def is_check(self) -> bool:
        """Whether it gives a verdict, not rows to read."""
        return self.key.startswith("test.")

    @property
    def reads_clock(self) -> bool:
        """Whether the hour alone can change it."""
        return str(BUILT_AT) in self.sql

    def at(self, clock: datetime) -> str:
        """The SQL with another clock in it."""
        return self.sql.replace(str(BUILT_AT), str(clock))


class SimulatedDays:
    """Staging layers built once, seen as they stood at one hour after another.

    Parameters
    ----------
    db, landing : where they were built, and from which deliveries.
    """

    def __init__(self, db: Path, landing: Path):
        variables = {"landing": str(landing), "clock": str(BUILT_AT)}
        selection = ("--select", *STAGED, "--exclude", "test_type:unit")
        compiled = dbt("compile", *selection, db=db, variables=variables)
        assert compiled.code == 0, compiled.output
        nodes = json.loads((db.with_suffix(".target") / "manifest.json").read_text())["nodes"]
        self.nodes = in_order(nodes)
        self.checks = [node for node in self.nodes if node.is_check]
        self.known_rows: dict[str, str] = {}
        self.known_at: dict[str, np.ndarray] = {}
        self.n_known: dict[str, int] = {}
        self.said: dict[str, str] = {}
        self.connection = knowing_our_functions(duckdb.connect())
        self.connection.execute(f"attach ':memory:' as zl; attach '{scratch(db)}' as history (read_only)")
        self._lay_out(nodes)

    def verdicts(self, clock: datetime) -> dict[str, str]:
        """`pass`, `warn` or `error` by check at an hour (UTC)."""
        changed = self._new_deliveries(clock)
        for node in self.nodes:
            if node.key in self.known_rows:
                continue
            if not (changed & node.parents or node.reads_clock or node.key not in self.said):
                continue
            if node.is_check:
                self.said[node.key] = self._verdict(node, clock)
            else:
                self.connection.execute(f"create or replace table {node.relation} as {node.at(clock)}")
                self.said[node.key] = "made"
                changed.add(node.key)
        return {check.name: self.said[check.key] for check in self.checks}

    def offenders(self, name: str, clock: datetime) -> list[tuple]:
        """Rows a check returns at the hour last asked for."""
        check = next(check for check in self.checks if check.name == name)
        rows = self.connection.sql(f"select * from ({check.at(clock)})")
        return (rows.filter("alarm > 0") if "alarm" in rows.columns else rows).fetchall()

    def land(self, clock: datetime, folder: Path) -> None:
        """Write the deliveries known at an hour as a landing folder, for a dbt run to say the same."""
        for key, rows in self.known_rows.items():
            if "raw_" not in key:
                continue
            known = f"select * exclude (known_at) from ({rows}) where known_at <= timestamp '{clock}'"
            for (file,) in self.connection.sql(f"select distinct _file from ({known})").fetchall():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                self.connection.execute(
                    f"copy (select * exclude (_file, _file_hash) from ({known}) where _file = '{file}') "
                    f"to '{folder / file}' (format parquet, kv_metadata {{origin: 'SYNTHETIC'}})"
                )

    def _lay_out(self, nodes: dict[str, dict]) -> None:
        relations = {node["name"]: node["relation_name"] for node in nodes.values() if node["relation_name"]}
        for relation in relations.values():
            schema = relation.split(".")[1]
            self.connection.execute(f"create schema if not exists zl.{schema}")
            if schema == '"reference"':
                past = relation.replace('"zl"', "history")
                self.connection.execute(f"create view {relation} as select * from {past}")
        for node in nodes.values():
            if node["name"].endswith("_keeps_every_key"):
                self._remember(node["test_metadata"]["kwargs"], relations)

    def _remember(self, arguments: dict, relations: dict[str, str]) -> None:
        """Rows of a landing table and of its versions, each with the time it was known at.

        A first delivery is known from its release on (and taken as delivered then), a later one from its
        delivery on.
        """
        names = [arguments[argument].split("'")[1] for argument in ("deliveries", "versions")]
        raw, versions = (relations[name].replace('"zl"', "history") for name in names)
        theirs = ", ".join(f"deliveries.{name}" for name in arguments["keys"])
        ours = ", ".join(arguments["keys"].values())
        is_same = " and ".join(
            f"deliveries.{name} = released.{our_name}" for name, our_name in arguments["keys"].items()
        )
        self.connection.execute(
            f"""
            create table {names[0]} as
            select
                deliveries.*,
                if(
                    ingested_at = min(ingested_at) over (partition by {theirs}),
                    released.published_at,
                    greatest(released.published_at, ingested_at)
                ) as known_at
            from {raw} as deliveries
            inner join (
                select {ours}, min(published_at) as published_at from {versions} group by {ours}
            ) as released on {is_same}
            """
        )
        for name, rows in zip(names, (names[0], versions), strict=True):
            key = f"model.zl.{name}"
            known = f"select * replace (least(ingested_at, known_at) as ingested_at) from {rows}"
            self.known_rows[key] = known
            self.known_at[key] = np.sort(
                self.connection.sql(f"select known_at from {rows}").fetchnumpy()["known_at"]
            )

    def _new_deliveries(self, clock: datetime) -> set[str]:
        """Show the deliveries known at an hour; which tables have other rows than before."""
        changed = set()
        for node in self.nodes:
            if node.key not in self.known_rows:
                continue
            n_known = int(np.searchsorted(self.known_at[node.key], np.datetime64(clock), side="right"))
            if n_known != self.n_known.get(node.key):
                columns = "* exclude (known_at)" if "raw_" in node.key else "*"
                self.connection.execute(
                    f"create or replace view {node.relation} as select {columns} "
                    f"from ({self.known_rows[node.key]}) where known_at <= timestamp '{clock}'"
                )
                self.n_known[node.key] = n_known
                changed.add(node.key)
        return changed

    def _verdict(self, check: Node, clock: datetime) -> str:
        """As dbt decides it: `error_if` counts for severity error only, `warn_if` for both."""
        config = check.config
        is_warned, is_failed = self.connection.sql(
            f"select failures {config['warn_if']}, failures {config['error_if']} "
            f"from (select {config['fail_calc']} as failures from ({check.at(clock)}))"
        ).fetchone()
        if is_failed and config["severity"].lower() == "error":
            return "error"
        return "warn" if is_warned else "pass"


def in_order(nodes: dict[str, dict]) -> list[Node]:
    """Compiled checks of sources and the SQL models they need, each after what it reads."""
    compiled = {
        key: Node(
            key,
            node["name"],
            node["relation_name"] or "",
            node["compiled_code"],
            frozenset(parents_of(key, nodes)),
            node["config"],
        )
        for key, node in nodes.items()
        if node.get("compiled_code") and node["language"] == "sql"
        if not is_ephemeral(node)
    }
    needed: set[str] = set()
    reached = {key for key in compiled if key.startswith("test.") and "features" not in nodes[key]["tags"]}
    while reached:
        needed |= reached
        reached = {parent for key in reached for parent in compiled[key].parents & compiled.keys()} - needed
    order = TopologicalSorter({key: compiled[key].parents & needed for key in needed})
    return [compiled[key] for key in order.static_order()]


def is_ephemeral(node: dict) -> bool:
    """Whether a model has no table: it stands in the SQL of those that read it."""
    return node["config"]["materialized"] == "ephemeral"


def parents_of(key: str, nodes: dict[str, dict]) -> set[str]:
    """What a node reads; of a model without a table, what that reads."""
    parents = set()
    for parent in nodes[key]["depends_on"]["nodes"]:
        parents |= parents_of(parent, nodes) if parent in nodes and is_ephemeral(nodes[parent]) else {parent}
    return parents
