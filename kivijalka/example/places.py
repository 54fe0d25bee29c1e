"""Invented places, in the forms that a Finnish or a Swedish sentence needs."""

from dataclasses import dataclass

from kivijalka.example.sources import rows
from kivijalka.example.stream import Stream


@dataclass(frozen=True, slots=True)
class Place:
    """A place: nominative, genitive and "in" in Finnish; name and "in" in Swedish; English uses the Finnish name."""

    fi: str
    gen: str
    ine: str
    sv: str
    sv_in: str


def places(stream: Stream) -> list[Place]:
    """Every place of the city, in the order that the stream gives them."""
    parts = rows("places")
    lasts = [row for row in parts if row["part"] == "last"]
    made = [_place(row, last) for row in parts if row["part"] == "first" for last in lasts]
    stream.shuffle(made)
    return made


def _place(first: dict[str, str], last: dict[str, str]) -> Place:
    stem, swedish = first["fi"], _joined(first["sv"], last["sv"])
    return Place(
        fi=stem + last["fi"],
        gen=stem + last["gen"],
        ine=stem + last["ine"],
        sv=swedish,
        sv_in=f"{last['sv_in']} {swedish}",
    )


def _joined(first: str, last: str) -> str:
    """A Swedish compound never has the same letter three times."""
    if first[-1] == first[-2] == last[0]:
        return first + last[1:]
    return first + last
