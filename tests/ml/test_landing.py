"""A delivery that cannot be named, or read to the last page, is found and told."""

import os

import duckdb
import pytest

from ml.landing import odd_file, synthetic_landing, unreadable_file


@pytest.fixture
def delivery(tmp_path):
    path = tmp_path / "2024.parquet"
    duckdb.sql("select range as id, hash(range) as noise from range(5000)").write_parquet(str(path))
    return path


def test_a_whole_file_has_nothing_to_complain_about(delivery):
    assert unreadable_file(str(delivery)) == ""


@pytest.mark.parametrize("where", ["page", "footer"])
def test_damage_between_good_marks_is_found_and_the_file_named(delivery, where):
    whole = delivery.with_name("2023.parquet")
    whole.write_bytes(delivery.read_bytes())
    content = bytearray(delivery.read_bytes())
    start = 4 if where == "page" else len(content) - 200
    content[start : start + 40] = bytes(40)
    delivery.write_bytes(bytes(content))
    complaint = unreadable_file(f"{whole}\n{delivery}")
    assert complaint.startswith(f"{delivery}: ")
    assert "\n" not in complaint


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("20*.parquet", "* ? [ ]"),
        ("2024[1].parquet", "2024[1].parquet"),
        ("it's.parquet", "without quotes"),
        ("20\n24.parquet", "line breaks"),
        (os.fsdecode(b"caf\xe9.parquet"), r"caf\xe9.parquet: expected a name in UTF-8"),
    ],
)
def test_a_file_no_statement_can_name_is_told_in_one_line(delivery, name, words):
    folder = delivery.parent / "landing" / "source" / "table"
    folder.mkdir(parents=True)
    delivery.rename(folder / "2024.parquet")
    (folder / "notes [draft].txt").write_text("no delivery")
    assert odd_file(str(delivery.parent / "landing")) == ""
    (folder / "2024.parquet").rename(folder / name)
    complaint = odd_file(str(delivery.parent / "landing"))
    assert words in complaint and "\n" not in complaint


@pytest.mark.parametrize("link", ["source", "source/table", "source/table/2024.parquet"])
def test_a_link_to_nowhere_is_no_empty_table(tmp_path, link):
    (tmp_path / link).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / link).symlink_to("/nowhere")
    assert odd_file(str(tmp_path)).startswith(
        f"{tmp_path / link}: expected a delivery, found a link to nowhere"
    )


@pytest.mark.parametrize(
    ("label", "answer"),
    [
        ("{origin: 'SYNTHETIC'}", "true"),
        ("{origin: 'SYNTHETIC: of a test'}", "true"),
        ("{origin: 'SYNDICATED by the publisher'}", "false"),
        ("{origin: 'not SYNTHETIC'}", "false"),
        ("{author: 'SYNTHETIC'}", "false"),
    ],
)
def test_the_label_is_the_whole_word_at_the_start_of_the_origin(tmp_path, label, answer):
    folder = tmp_path / "source" / "table"
    folder.mkdir(parents=True)
    duckdb.execute(f"copy (select 1 as id) to '{folder}/2024.parquet' (format parquet, kv_metadata {label})")
    assert synthetic_landing(str(tmp_path)) == answer


def test_one_label_makes_a_landing_synthetic_and_a_broken_file_beside_it_hides_nothing(tmp_path):
    folder = tmp_path / "landing" / "source" / "table"
    folder.mkdir(parents=True)
    duckdb.sql("select 1 as id").write_parquet(str(folder / "2023.parquet"))
    assert synthetic_landing(str(tmp_path / "landing")) == "false"
    duckdb.execute(
        f"copy (select 1 as id) to '{folder}/2024.parquet' "
        "(format parquet, kv_metadata {origin: 'SYNTHETIC: simulated'})"
    )
    (folder / "broken.parquet").write_bytes(b"PAR1 and nothing else PAR1")
    synthetic_landing.cache_clear()
    assert synthetic_landing(str(tmp_path / "landing")) == "true"
    assert synthetic_landing(str(tmp_path / "nowhere")) == "false"
