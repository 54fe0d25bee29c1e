"""Pictures of figures: what stands in them, and the same as a table."""

from __future__ import annotations

from django.utils import translation

from kivijalka.register.chart import Line, line_of, lines_of, percent

FALLS = [(1e6, 0.5), (1e7, 0.02), (1e8, 0.00004)]


def test_a_chance_too_small_to_be_told_is_not_told_as_none() -> None:
    with translation.override("fi"):
        assert [percent(p) for p in (0, 1e-6, 0.0004, 0.5)] == ["0 %", "alle 0,01 %", "0,04 %", "50 %"]


def test_the_axes_have_their_words_and_no_digit_that_says_nothing() -> None:
    with translation.override("sv"):
        picture = str(lines_of([Line("nu", FALLS)], "Förlust, €", "Sannolikhet per år").picture)
        assert ">Förlust, €</text>" in picture
        assert ">Sannolikhet per år</text>" in picture
        assert ">0,1 %</text>" in picture
        assert ">0</text>" in line_of([(0, 3e6), (1e5, 1e6)], x="Budget, €", y="Förlust, €").picture


def test_a_curve_ends_where_it_comes_down_to_what_is_drawn() -> None:
    with translation.override("en"):
        picture = str(lines_of([Line("now", FALLS)], "Loss, €", "Probability").picture)
    ends = [point.split(",") for point in picture.split('points="')[1].split('"')[0].split(" ")]
    assert float(ends[-1][0]) < 390  # once in a thousand years is less than the dearest point, which is rarer still


def test_a_limit_in_sight_is_said_to_be_there_and_the_table_names_its_columns() -> None:
    with translation.override("en"):
        found = lines_of([Line("now", FALLS), Line("aimed at", FALLS)], "Loss, €", "Chance", limits=[(5e7, 0.05)])
        assert found.has_limits
        assert not lines_of([Line("now", FALLS)], "Loss, €", "Chance").has_limits
        assert [name for _figure, name in found.rows[0][1]] == ["now", "aimed at"]
