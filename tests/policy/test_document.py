"""A policy as a file."""

from __future__ import annotations

import pytest

from kivijalka.policy.document import as_json, as_yaml, parse, split
from kivijalka.policy.models import example_content
from kivijalka.policy.reading import Unreadable, read_scales


@pytest.mark.parametrize("write", [as_yaml, as_json])
def test_a_file_comes_back_as_it_went_out(write: object) -> None:
    content = example_content()
    text = write({"policy": {"name": {"fi": "Perusteet"}, **content["policy"]}, **content})  # type: ignore[operator]
    _header, back = split(parse(text))
    assert read_scales(back) == read_scales(content)


def test_a_text_that_an_unquoted_comma_cut_is_whole_again() -> None:
    document = parse("a:\n  - {en: One two., fi: Järjestelmä, jonka tuki on päättynyt., sv: Ett system.}\n")
    assert document["a"] == [{"en": "One two.", "fi": "Järjestelmä, jonka tuki on päättynyt.", "sv": "Ett system."}]


def test_the_header_says_who_decided_and_the_content_keeps_what_it_rests_on() -> None:
    header, content = split(
        parse("policy: {key: x, decision: {body: council, date: 2026-01-01}, budget_eur: 7}\nlikelihood: []")
    )
    assert header["decision"] == {"body": "council", "date": "2026-01-01"}
    assert content == {"likelihood": [], "policy": {"budget_eur": 7}}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "not_a_document"),
        ("Esimerkki", "not_a_document"),
        ("- a\n- b", "not_a_document"),
        ("a: [1, 2", "not_a_document"),
        ('{"a": 1', "not_a_document"),
        ("a: &x [1]\nb: *x", "not_a_document"),
        ("a: 1\na: 2", "not_a_document"),
        ("a: !!python/object/apply:os.getcwd []", "not_a_document"),
        ("a: " + "x" * 600_000, "too_long"),
        ("[" * 20_000, "not_a_document"),
        ("{" + '"a":[' * 90_000, "not_a_document"),
    ],
)
def test_what_is_no_document_is_refused(text: str, code: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(text)
    assert [finding.code for finding in caught.value.findings] == [code]
