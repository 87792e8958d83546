"""A delivery that cannot be read to the last page is found, and named."""

import duckdb
import pytest

from ml.landing import unreadable_file


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
