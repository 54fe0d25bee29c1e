"""The real files that an import must read, beside the checkout; an outside contributor does not have them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2].parent / "shared" / "data" / "registers"


def real_file(name: str) -> Path:
    """The file's path. Where the files are not there the test is left out; in CI that is a failure."""
    path = FOLDER / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(
                f"{name} is missing. Put the shared test data beside the checkout, in ../shared/data/registers."
            )
        pytest.skip("The shared test data is not beside this checkout (../shared/data/registers).")
    return path
