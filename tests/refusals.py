"""What a test expects to be refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kivijalka.register.refusal import Refused


@contextmanager
def refused(code: str, words: str = "", *, field: str | None = None) -> Iterator[None]:
    """The block is refused with this code, at this field, and a text that holds these words."""
    with pytest.raises(Refused) as caught:
        yield
    told = " ".join(str(text) for texts in caught.value.errors.values() for text in texts)
    assert caught.value.code == code, f"{caught.value.code}: {told}"
    assert words in told, told
    assert told.strip(), "a refusal says why"
    if field is not None:
        assert field in caught.value.errors, caught.value.errors
