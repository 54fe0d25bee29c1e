"""Reports that can be made again, followed to their records, and read by everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone, translation
from openpyxl import load_workbook
from pdfua import validate
from pikepdf import Pdf

from kivijalka.actions.models import Action
from kivijalka.organisation.models import Person
from kivijalka.publishing.models import Publication
from kivijalka.register.fields import end_of
from kivijalka.reports.documents import model
from kivijalka.reports.documents.kinds import KINDS
from kivijalka.reports.documents.pdf import as_pdf
from kivijalka.reports.documents.word import as_docx
from kivijalka.reports.documents.workbook import as_xlsx
from kivijalka.risks.models import Risk
from tests import factories as make
from tests.doors.test_queries import queries
from tests.reports.small_city import THEN, as_of_old, asking, everything_for, had, insured, reader_at

pytestmark = pytest.mark.django_db
LANGUAGES = ("fi", "sv", "en")
# Of the largest; each part of a report asks a few.
MOST_QUERIES = 45


@pytest.fixture
def reader() -> Person:
    return reader_at()


@pytest.fixture
def risk(reader: Person) -> Risk:
    found = everything_for(reader)
    as_of_old()
    return found


@pytest.fixture
def site(reader: Person) -> Client:
    return asking(reader, "en")


def query_of(key: str, reader: Person, risk: Risk) -> dict[str, Any]:
    """What each kind is asked."""
    unit = make.fresh(reader.unit)
    return {"as_of": THEN, **({"unit": unit.code} if KINDS[key].of_unit else GIVEN[key](risk))}


GIVEN: dict[str, Any] = {
    "risk": lambda risk: {"risk": risk.code},
    "note": lambda risk: {"risk": [risk.code], "case": "HEL 2026-001234", "title": "Uusi koulu"},
}
FILES = [(key, form) for key, kind in KINDS.items() for form in kind.formats]


@pytest.mark.parametrize("key", KINDS)
def test_every_report_is_a_pdf_for_everybody_in_each_language(
    key: str, site: Client, reader: Person, risk: Risk
) -> None:
    texts = set()
    for language in LANGUAGES:
        content = had(site, f"/reports/{key}.pdf", language=language, **query_of(key, reader, risk))
        found = validate(BytesIO(content)).findings
        assert [f"{one.rule_id} {one.message}" for one in found] == []
        with Pdf.open(BytesIO(content)) as pdf:
            assert str(pdf.Root.Lang).startswith(language)
            assert pdf.Root.MarkInfo.Marked and str(pdf.docinfo.Title)
            texts.add(str(pdf.docinfo.Title))
    assert len(texts) == len(LANGUAGES) or key == "risk"


@pytest.mark.parametrize(("key", "form"), FILES)
def test_made_again_for_a_past_day_it_is_the_same_to_the_byte_whatever_changed_since(
    key: str, form: str, site: Client, reader: Person, risk: Risk
) -> None:
    insured(risk)
    query = query_of(key, reader, risk)
    first = site.get(f"/reports/{key}.{form}", query, follow=True)
    address = first.redirect_chain[-1][0]
    Risk.objects.filter(pk=risk.pk).update(title="Renamed", level="1_low", likelihood=1)
    make.assessed_risk("New", unit=reader.unit)
    make.action("New", unit=reader.unit, due=make.in_days(-900))
    make.unit("New", parent=reader.unit)
    Publication.objects.update(state="withdrawn", ended_on=timezone.localdate(), end_reason="Ei enää")
    new = make.risk("New and published", unit=reader.unit)
    Publication.objects.create(unit=reader.unit, title=new.title, subject_id=new.pk, reason="Avoimuus")
    again = site.get(address)
    assert again.status_code == 200
    assert again.content == first.content


def test_a_report_of_two_pages_has_two(site: Client, reader: Person, risk: Risk) -> None:
    for _each in range(12):
        make.assessed_risk("A threat with a title that goes over one line of its narrow column", unit=reader.unit)
        make.action("An action with a title that goes over one line", unit=reader.unit, due=make.in_days(-3))
    for address, pages in {f"unit-short.pdf?unit={reader.unit.code}": 2, f"risk.pdf?risk={risk.code}": 1}.items():
        with Pdf.open(BytesIO(had(site, f"/reports/{address}"))) as pdf:
            assert len(pdf.pages) == pages


@pytest.mark.parametrize("key", [key for key, kind in KINDS.items() if kind.of_unit and not kind.right])
def test_every_number_leads_to_the_records_that_it_counts(
    key: str, monkeypatch: pytest.MonkeyPatch, site: Client, reader: Person, risk: Risk
) -> None:
    made: list[model.Document] = []
    make_it = KINDS[key].make
    monkeypatch.setitem(KINDS, key, type(KINDS[key])("", "", lambda asked: made.append(make_it(asked)) or made[-1]))
    had(site, f"/reports/{key}.xlsx", **query_of(key, reader, risk))
    leading = [one for one in told(made[0]) if one.value is not None and one.href and not isinstance(one.value, str)]
    counted = [
        one for one in leading if "/compare/" not in one.href and re.search("/(risks|actions|programmes)/[?]", one.href)
    ]
    assert len(counted) > 4
    for one in {one.href: one for one in counted}.values():
        address = one.href.removeprefix("http://testserver")
        assert site.get(address).context["page"].total == one.value, address


def told(document: model.Document) -> Iterator[model.Said]:
    """All that a document says."""
    for _depth, block in document.flat():
        match block:
            case model.Figures(figures):
                yield from (one.number for one in figures)
            case model.Table() as table:
                yield from (one for row in table.rows for one in row)
            case model.Paragraph(words):
                yield from model.parts_of(words)
            case model.Facts(rows):
                yield from (part for _name, words in rows for part in model.parts_of(words))


@pytest.mark.parametrize("key", [key for key, kind in KINDS.items() if kind.of_unit and not kind.right])
def test_what_the_reader_may_not_see_is_neither_shown_nor_counted(key: str, reader: Person, risk: Risk) -> None:
    cleared, head = make.holder("security_expert"), make.holder("unit_head", unit=reader.unit)
    as_of_old(1)
    secret = [model.objects.get(title="Salainen").code for model in (Risk, Action)]
    for person, sees in ((cleared, True), (head, False)):
        content = text_of(had(asking(person), f"/reports/{key}.xlsx", **query_of(key, reader, risk)))
        assert any(code in content for code in secret) == sees
        assert ("Salainen" in content) == sees


def test_a_title_that_looks_like_markup_spoils_no_workbook(site: Client, reader: Person) -> None:
    make.assessed_risk("<r>this & that</r>", unit=reader.unit)
    book = openpyxl.load_workbook(BytesIO(had(site, "/reports/unit-full.xlsx", unit=reader.unit.code)))
    cells = [str(cell).strip() for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]
    assert "<r>this & that</r>" in cells


def text_of(workbook: bytes) -> str:
    with ZipFile(BytesIO(workbook)) as parts:
        return " ".join(parts.read(name).decode(errors="replace") for name in parts.namelist())


def test_a_report_says_what_it_rests_on(site: Client, reader: Person, risk: Risk) -> None:
    content = text_of(had(site, "/reports/unit-short.xlsx", unit=reader.unit.code, as_of=THEN))
    for words in ("30 Jun 2026", str(reader), "Kivijalka 0.1.0", "Mark of the reader", "None: the trail was sealed"):
        assert words in content


def test_a_report_says_what_its_figures_after_insurance_leave_out(site: Client, reader: Person, risk: Risk) -> None:
    insured(risk)
    content = text_of(had(site, "/reports/unit-full.xlsx", unit=reader.unit.code, as_of=THEN))
    assert "Omaisuus: It pays no more than 100" in content and "uses that up with a probability of" in content


BAD_NOTES = {
    "with a sign that nobody sees in the case number": ({"case": "HEL\a 1"}, "A case number has letters, digits"),
    "without a case number": ({"case": " "}, "Give the case number"),
    "of a case number that is too long": ({"case": "1" * 61}, "at most 60 of them"),
    "without a title": ({"title": ""}, "Give the proposal a title"),
    "of no risk": ({"risk": ""}, "Name the risks by their codes"),
    "of a risk that there is not": ({"risk": "R-999999"}, "There was no risk R-999999"),
}


@pytest.mark.parametrize("why", BAD_NOTES)
def test_a_risk_note_that_cannot_be_made_is_said_in_words(why: str, site: Client, risk: Risk) -> None:
    given, words = BAD_NOTES[why]
    query = {"case": "HEL 2026-1", "title": "School", "risk": risk.code, "language": "en", "form": "pdf", **given}
    answer = site.get("/reports/note.pdf", query, follow=True)
    assert answer.status_code in (404, 422)
    assert words in answer.content.decode()
    # A form takes away what nobody sees, and then there is nothing wrong.
    assert site.get("/reports/note/", query).status_code == (302 if "sign" in why else 422)


def test_a_risk_note_is_of_the_risks_of_a_case(site: Client, risk: Risk) -> None:
    page = site.get(
        "/reports/note/", {"case": "HEL 2026-1", "title": "A <b>", "risk": risk.code, "language": "sv", "form": "docx"}
    )
    assert page["Location"] == f"/reports/note.docx?case=HEL+2026-1&title=A+%3Cb%3E&risk={risk.code}&language=sv"
    content = text_of(had(site, page["Location"]))
    assert "HEL 2026-1" in content and risk.code in content and "Myöhässä" in content


def test_a_report_asks_as_many_questions_for_many_records_as_for_few(site: Client, reader: Person, risk: Risk) -> None:
    def asked() -> dict[str, int]:
        keys = [key for key, kind in KINDS.items() if "xlsx" in kind.formats]
        asking = {key: site.get(f"/reports/{key}.xlsx", query_of(key, reader, risk), follow=True) for key in keys}
        return {key: queries(site, answer.redirect_chain[-1][0]) for key, answer in asking.items()}

    few = asked()
    for _each in range(3):
        everything_for(reader)
    as_of_old()
    assert asked() == few
    assert max(few.values()) <= MOST_QUERIES


BAD = {
    "before the first record": ({"as_of": "1990-01-31"}, "Nothing that you may see was recorded by that day yet."),
    "to come": ({"as_of": "2999-01-31"}, "This day has not come yet"),
    "of no unit": ({"unit": "U-999999"}, "There was no such unit on that day"),
    "since a day after it": (
        {"since": "2026-07-01", "as_of": THEN},
        "Write a day before the one that the report is of",
    ),
    "in no language of ours": ({"language": "de"}, "fi, sv, en"),
    "made of old": ({"reach": "0123456789abcdef", "as_of": THEN}, "made by another release"),
}


@pytest.mark.parametrize("why", BAD)
def test_what_cannot_be_told_is_said_in_words(why: str, site: Client, reader: Person, risk: Risk) -> None:
    query, words = BAD[why]
    answer = site.get("/reports/unit-short.pdf", {"unit": reader.unit.code, **query}, follow=True)
    assert answer.status_code in (404, 422)
    assert words in answer.content.decode()


def test_a_unit_that_had_ended_has_no_report_after_that(site: Client, reader: Person, risk: Risk) -> None:
    unit = make.unit("Lopetettu", parent=reader.unit, end=make.in_days(-5))
    as_of_old(300)
    answer = site.get("/reports/unit-short.pdf", {"unit": unit.code}, follow=True)
    assert answer.status_code == 422 and "Choose a day on which it was there" in answer.content.decode()
    before = make.in_days(-30).isoformat()
    assert had(site, "/reports/unit-short.pdf", unit=unit.code, as_of=before).startswith(b"%PDF")


def test_who_reaches_otherwise_than_then_is_told_so_and_makes_it_anew(site: Client, reader: Person, risk: Risk) -> None:
    first = site.get("/reports/unit-short.pdf", {"unit": reader.unit.code, "as_of": THEN}, follow=True)
    address = first.redirect_chain[-1][0]
    make.role_of(reader, "risk_expert", unit=make.city())
    answer = site.get(address)
    assert answer.status_code == 422
    assert "your roles have changed since" in answer.content.decode()
    anew = answer.context["anew"]
    assert anew in unescape(answer.content.decode()) and f"as_of={THEN}" in anew
    assert had(site, anew).startswith(b"%PDF")


@pytest.mark.parametrize("mark", ["0a1b-{reach}", "c0ffee0123456789"], ids=["other rights", "marks of old"])
def test_a_report_of_another_release_is_not_laid_to_the_reader_s_roles(
    mark: str, site: Client, reader: Person, risk: Risk
) -> None:
    first = site.get("/reports/unit-short.pdf", {"unit": reader.unit.code, "as_of": THEN}, follow=True)
    address = first.redirect_chain[-1][0]
    [present] = re.findall("reach=([0-9a-f-]+)", address)
    answer = site.get(address.replace(present, mark.format(reach=present.rpartition("-")[2])))
    text = answer.content.decode()
    assert answer.status_code == 422 and "by another release" in text and "have changed" not in text
    assert had(site, answer.context["anew"]) == first.content


def test_a_very_long_table_is_whole_in_the_workbook_and_says_so_on_paper() -> None:
    rows = [[model.Said(f"Row {number}")] for number in range(model.MOST_ON_PAPER + 1)]
    table = model.Table("All of them", [model.Head("Name", width=1)], rows)
    moment = end_of(timezone.localdate())
    document = model.Document("T", "", "", "en", moment, "", [table])
    with translation.override("en"):
        paper, word, book = as_pdf(document), as_docx(document), as_xlsx(document)
    with ZipFile(BytesIO(word)) as archive:
        text = archive.read("word/document.xml").decode()
    assert "the first 1 500 of 1 501. The workbook of this report has them all." in text.replace("\xa0", " ")
    assert "Row 1499" in text and "Row 1500" not in text
    with Pdf.open(BytesIO(paper)) as pdf:
        assert len(pdf.pages) > 20
    assert list(validate(BytesIO(paper)).findings) == []
    sheet = list(load_workbook(BytesIO(book)))[-1]
    assert "Row 1500" in {str(cell.value) for line in sheet.iter_rows() for cell in line}


def test_a_report_is_chosen_on_a_page_that_leads_to_its_address(site: Client, reader: Person) -> None:
    query = {"unit": reader.unit.code, "kind": "unit-short", "form": "docx", "language": "sv", "since": "1.2.2026"}
    answer = site.get("/reports/", query)
    assert answer["Location"] == f"/reports/unit-short.docx?unit={reader.unit.code}&since=2026-02-01&language=sv"
    assert site.get("/reports/", {**query, "form": "odt"}).status_code == 422


def test_words_that_no_page_can_show_do_not_keep_a_report_from_being_made() -> None:
    words = "Nul\0 bell\a \u202eturned \U0001f600 漢字 عربى #set page() $x$ @ref <label> https://x.example"
    rows = [[model.Said(words)], [model.Said(words * 20)]]
    blocks = [model.Section(words, [model.Paragraph(words), model.Table(words, [model.Head(words)], rows)])]
    moment = end_of(timezone.localdate())
    document = model.Document(words, words, words, "fi", moment, words, blocks)
    with translation.override("fi"):
        assert list(validate(BytesIO(as_pdf(document))).findings) == []


def test_a_language_without_its_texts_is_noticed() -> None:
    document = model.Document("T", "", "", "de", end_of(timezone.localdate()), "", [])
    with pytest.raises(KeyError):
        as_pdf(document)
