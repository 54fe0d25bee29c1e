"""What was done is remembered, also when two steps end at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from runner.checkout import Stamps


def test_steps_that_end_at_the_same_moment_are_all_remembered(tmp_path: Path) -> None:
    stamps = Stamps(tmp_path / "folder" / "stamps.json")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda number: stamps.set(**{f"step{number}": "done"}), range(200)))
    assert len(Stamps(stamps.path).values) == 200
