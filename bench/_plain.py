"""The peer of `bench/pages.py`: the same pages in plain Django on the same tables, without access, history or past.

Models as somebody would write them who has these tables, generic views' habits (`select_related`, `Paginator`), and
templates of the same shape. Runs as the tables' owner, whom row-level security lets through.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path

from kivijalka.actions.models import Action as Declared
from kivijalka.policy.models import example_content
from kivijalka.risks.models import Level
from kivijalka.risks.models import Risk as DeclaredRisk

NAMED = {
    scale: [(one["key"], one["name"]["fi"]) for one in example_content()[scale]]
    for scale in ("controllability", "control_adequacy")
}


class Plain(models.Model):
    """A row of a table that somebody else manages."""

    id = models.UUIDField(primary_key=True)

    class Meta:
        abstract = True
        managed = False
        app_label = "plain"


class Unit(Plain):
    number = models.IntegerField(unique=True)
    code = models.CharField(max_length=20)
    name_fi = models.CharField(max_length=200)
    parent = models.ForeignKey("self", models.PROTECT, to_field="number", null=True)
    end = models.DateField(null=True)

    class Meta(Plain.Meta):
        db_table = "organisation_unit"

    def __str__(self) -> str:
        return self.name_fi


class Person(Plain):
    code = models.CharField(max_length=20)
    given_name = models.CharField(max_length=100)
    family_name = models.CharField(max_length=100)

    class Meta(Plain.Meta):
        db_table = "organisation_person"

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}"


class Risk(Plain):
    code = models.CharField(max_length=20)
    title = models.CharField("otsikko", max_length=300)
    unit = models.ForeignKey(Unit, models.PROTECT, to_field="number")
    owner = models.ForeignKey(Person, models.PROTECT, null=True)
    confidentiality = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=DeclaredRisk.Kind)
    sign = models.CharField(max_length=20, choices=DeclaredRisk.Sign)
    cause = models.TextField()
    event = models.TextField()
    consequence = models.TextField()
    state = models.CharField(max_length=20, choices=DeclaredRisk.State)
    likelihood = models.PositiveSmallIntegerField(null=True)
    impact = models.PositiveSmallIntegerField(null=True)
    level = models.CharField(max_length=20, choices=Level)
    treatment = models.CharField(max_length=20, choices=DeclaredRisk.Treatment)
    controllability = models.CharField(max_length=20, choices=NAMED["controllability"])
    control_adequacy = models.CharField(max_length=20, choices=NAMED["control_adequacy"])
    review = models.DateField(null=True)
    accepted_until = models.DateField(null=True)
    acceptance_reason = models.TextField()

    class Meta(Plain.Meta):
        db_table = "risks_risk"


class Assessment(Plain):
    risk = models.ForeignKey(Risk, models.PROTECT, related_name="assessments")
    at = models.DateTimeField()
    assessor = models.ForeignKey(Person, models.PROTECT)
    stage = models.CharField(max_length=10)
    likelihood = models.PositiveSmallIntegerField()
    impact = models.PositiveSmallIntegerField()
    level = models.CharField(max_length=20, choices=Level)
    note = models.TextField()

    class Meta(Plain.Meta):
        db_table = "risks_assessment"


class Action(Plain):
    code = models.CharField(max_length=20)
    title = models.CharField(max_length=300)
    unit = models.ForeignKey(Unit, models.PROTECT, to_field="number")
    owner = models.ForeignKey(Person, models.PROTECT)
    due = models.DateField()
    state = models.CharField(max_length=20, choices=Declared.State)

    class Meta(Plain.Meta):
        db_table = "actions_action"


class Node(Plain):
    register = models.CharField(max_length=40)
    code = models.CharField(max_length=20)
    title = models.TextField()

    class Meta(Plain.Meta):
        db_table = "register_node"


class Link(Plain):
    kind = models.CharField(max_length=40)
    a = models.ForeignKey(Node, models.PROTECT, related_name="+")
    b = models.ForeignKey(Node, models.PROTECT, related_name="+")
    until = models.DateTimeField(null=True)

    class Meta(Plain.Meta):
        db_table = "register_link"


class Filters(forms.Form):
    """The filters of the list, as many as ours."""

    q = forms.CharField(required=False)
    state = forms.MultipleChoiceField(choices=DeclaredRisk.State.choices, required=False)
    unit = forms.CharField(required=False)
    owner = forms.CharField(required=False)
    kind = forms.MultipleChoiceField(choices=DeclaredRisk.Kind.choices, required=False)
    sign = forms.MultipleChoiceField(choices=DeclaredRisk.Sign.choices, required=False)
    level = forms.MultipleChoiceField(choices=Level.choices, required=False)
    likelihood = forms.MultipleChoiceField(choices=[(n, n) for n in range(1, 6)], required=False)
    impact = forms.MultipleChoiceField(choices=[(n, n) for n in range(1, 6)], required=False)
    review_lt = forms.DateField(required=False)
    review_gte = forms.DateField(required=False)


@login_required
def risks(request: HttpRequest) -> HttpResponse:
    """Fifty risks, the highest first; state, words and the page asked for in the address."""
    form = Filters(request.GET)
    form.is_valid()
    rows = Risk.objects.select_related("unit", "owner")
    if form.cleaned_data["state"]:
        rows = rows.filter(state__in=form.cleaned_data["state"])
    if form.cleaned_data["q"]:
        rows = rows.filter(pk__in=[node.pk for node in found(form.cleaned_data["q"], 5_000, register="risk")])
    ordered = rows.order_by(request.GET.get("sort", "-level"), "-id")
    page = Paginator(ordered, 50).get_page("last" if "last" in request.GET else 1)
    return render(request, "plain/list.html", {"page": page, "form": form, **frame(request)})


@login_required
def risk(request: HttpRequest, pk: Any) -> HttpResponse:
    record = get_object_or_404(Risk.objects.select_related("unit", "owner"), pk=pk)
    links = Link.objects.filter(Q(a=pk) | Q(b=pk), until__isnull=True).select_related("a", "b")
    assessments = record.assessments.select_related("assessor").order_by("-at")  # type: ignore[attr-defined]  # made at run time
    context = {"record": record, "assessments": assessments, "links": links, **frame(request)}
    return render(request, "plain/record.html", context)


@login_required
def search(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "")
    context = {"words": words, "nodes": found(words, 50), **frame(request)}
    return render(request, "plain/search.html", context)


@login_required
def situation(request: HttpRequest) -> HttpResponse:
    today = date.today()
    open_risks = Risk.objects.exclude(state="closed")
    counted = open_risks.filter(likelihood__isnull=False).values_list("likelihood", "impact").annotate(n=Count("pk"))
    counts = {(likelihood, impact): n for likelihood, impact, n in counted.order_by()}
    levels = open_risks.values_list("level").annotate(n=Count("pk"), late=Count("pk", filter=Q(review__lt=today)))
    overdue = Action.objects.filter(state__in=Declared.OPEN, due__lt=today)
    context = {
        "matrix": [[(row, column, counts.get((row, column), 0)) for column in range(1, 6)] for row in range(5, 0, -1)],
        "levels": list(levels.order_by()),
        "top": open_risks.exclude(level="").select_related("unit").order_by("-level", "-id")[:10],
        "overdue": overdue.select_related("owner").order_by("due", "id")[:10],
        "overdue_count": overdue.count(),
        **frame(request),
    }
    return render(request, "plain/situation.html", context)


def found(words: str, most: int, *, register: str | None = None) -> list[Node]:
    """Nodes that the words find, by the same indexes and the same rank as our search, without anybody's rule."""
    rows = Node.objects.extra(
        where=["(words @@ kj.question(%s) or folded like '%%' || kj.literal(kj.fold(%s)) || '%%')"],
        params=[words, words],
        select={"rank": "ts_rank(words, kj.question(%s))"},
        select_params=[words],
    )
    return list((rows.filter(register=register) if register else rows).order_by("-rank", "-id")[:most])


def frame(request: Any) -> dict[str, Any]:
    """What every page shows around it."""
    groups = [("Organisaatio", ["unit", "person", "role"]), ("Riskit", ["risk"]), ("Toimenpiteet", ["action"])]
    return {"me": Person.objects.filter(pk=request.user.person_id).first(), "chain": groups}


urlpatterns = [
    path("risks/", risks, name="plain-risks"),
    path("risks/<uuid:pk>/", risk, name="plain-risk"),
    path("search/", search, name="plain-search"),
    path("situation/", situation, name="plain-situation"),
]
