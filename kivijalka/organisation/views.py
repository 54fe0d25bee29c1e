"""Pages of responsibility and of access: the handshake, what I answer for, and why one may (not) see something."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kivijalka.access.request import ActingRequest
from kivijalka.organisation import handover, queries, responsibility
from kivijalka.organisation.models import Person, Responsibility
from kivijalka.register.declare import NOBODYS
from kivijalka.register.doors.forms import RegisterForm, cleaned
from kivijalka.register.doors.related import relate, together, value_of
from kivijalka.register.doors.writing import safe_next
from kivijalka.register.fields import RecordField
from kivijalka.register.models import Node
from kivijalka.register.refusal import NotThere, Refused
from kivijalka.register.registry import REGISTERS


@require_GET
def responsibilities(request: ActingRequest) -> HttpResponse:
    """What I answer for, and what is offered to me."""
    person = request.actor.principal
    with together():
        accepted = relate(queries.answered_for(person), ["record"])
        offered = relate(queries.offered_to(person), ["record"])
    return render(request, "organisation/responsibilities.html", {"accepted": accepted, "offered": offered})


@require_POST
def answer(request: ActingRequest) -> HttpResponse:
    """Accept, decline or give up a responsibility; or take back what one's record offered."""
    responsibility.answer(request.actor, uuid_in(request.POST.get("id")), request.POST.get("answer", ""))
    messages.success(request, _("Saved."))
    return redirect(safe_next(request) or "responsibilities")


@require_POST
def offer(request: ActingRequest, pk: UUID) -> HttpResponse:
    """Offer a share of responsibility for a record to a person. What was typed stays when it is refused."""
    node = Node.objects.filter(pk=pk).first()
    if node is None:
        raise NotThere
    form = offer_form(request.POST)
    try:
        values = cleaned(form)
        responsibility.offer(request.actor, node, person=values["person"], share=values["share"])
    except Refused as refused:
        return refused_page(request, "organisation/offer.html", form, refused, {"node": node})
    messages.success(request, _("Offered. It counts when the person has accepted it."))
    return redirect(node.get_absolute_url())


@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: ActingRequest, pk: UUID) -> HttpResponse:
    """What a person answers for, and giving it to somebody else."""
    person = Person.objects.seen().filter(pk=pk).first()
    if person is None:
        raise NotThere
    form = to_whom(request.POST if request.method == "POST" else None)
    held = handover.held_by(person)
    # Who stays and holds it still is not relieved of everything by one press.
    proposed = [item.key for item in held if item.may and (person.end or item.lapsed)]
    picked = request.POST.getlist("what") if form.is_bound else proposed
    may = request.as_of is None and any(item.may for item in held)
    context = {"person": relate([person], ["unit"])[0], "held": held, "picked": picked, "may": may}
    if not form.is_bound:
        return render(request, "organisation/hand_over.html", {**context, "form": form})
    try:
        done = handover.hand_over(request.actor, person, to=cleaned(form)["person"], what=picked)
    except Refused as refused:
        return refused_page(request, "organisation/hand_over.html", form, refused, context)
    messages.success(request, ngettext("%d thing was handed over.", "%d things were handed over.", done) % done)
    return redirect("hand-over", pk)


@require_GET
def without_accountable(request: ActingRequest) -> HttpResponse:
    """Records for which nobody is accountable."""
    register = request.GET.get("register", "")
    nodes = queries.without_accountable(register if register in REGISTERS else "risk")
    context = {
        "nodes": nodes[:200],
        "total": nodes.count(),
        "registers": [register for register in REGISTERS.values() if register.over != NOBODYS],
        "chosen": register or "risk",
    }
    return render(request, "organisation/without_accountable.html", context)


@require_GET
def why(request: ActingRequest) -> HttpResponse:
    """Why a person may (not) see a record; for administrators of access."""
    if not request.actor.holds("access.explain"):
        raise Refused(_("You do not have the right to do this here."), code="no_right")
    form = RegisterForm(request.GET if "person" in request.GET else None)
    form.fields["person"] = RecordField(Person, label=_("Person"))
    form.fields["record"] = forms.CharField(label=_("Code of the record"), max_length=20)
    ways: list[dict[str, Any]] = []
    refused = None
    if form.is_bound and form.is_valid():
        try:
            ways = responsibility.explain(form.cleaned_data["person"], form.cleaned_data["record"])
        except Refused as told:
            refused = told
            form.refuse(told)
    context = {
        "form": form,
        "asked": form.is_bound and form.is_valid(),
        "reasons": [way for way in ways if way["lets"]],
        "short": [way for way in ways if not way["lets"]],
    }
    return render(request, "organisation/why.html", context, status=422 if refused else 200)


def responsibility_panel(request: ActingRequest, record: Any) -> tuple[str, dict[str, Any]] | None:
    """Who is responsible, accountable, consulted, informed: a panel of every record that somebody has to answer for."""
    is_over = getattr(record, "is_over", False)
    may = getattr(record, "right_edit", False) and request.as_of is None
    shares = relate(queries.of_record(record.pk), ["person"])
    if is_over and not shares and not isinstance(record, Person):
        return None
    for row in shares:
        row.is_mine = row.person_id == request.actor.principal
    owner = (type(record).owner_column or "").removesuffix("_id")
    return "organisation/_panel.html", {
        "record": record,
        "shares": shares,
        "accountable": any(row.share == "A" and row.state == "accepted" and row.stands for row in shares),
        "is_over": is_over,
        "may": may,
        "offer": offer_form() if may and not is_over else None,
        "holder": record if isinstance(record, Person) else None,
        "owner_gone": partial(value_of, record, owner) if getattr(record, "owner_gone", False) else None,
    }


def offer_form(data: Any = None) -> RegisterForm:
    """To whom, and which share."""
    form = RegisterForm(data)
    form.fields["person"] = RecordField(Person, label=gettext_lazy("Person"))
    form.fields["share"] = forms.ChoiceField(
        label=gettext_lazy("Share of responsibility"), choices=Responsibility.Share.choices
    )
    return form


def to_whom(data: Any = None) -> RegisterForm:
    """Who takes over."""
    form = RegisterForm(data)
    form.fields["person"] = RecordField(Person, label=gettext_lazy("To whom"))
    return form


def refused_page(
    request: ActingRequest, template: str, form: RegisterForm, refused: Refused, context: dict[str, Any]
) -> HttpResponse:
    """The form again, with what was typed and why it was refused. Nothing of it is stored."""
    if form.is_valid():
        form.refuse(refused)
    return render(request, template, {**context, "form": form, "refused": refused}, status=422)


def uuid_in(text: str | None) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        raise NotThere from None
