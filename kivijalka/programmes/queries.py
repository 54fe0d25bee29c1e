"""Questions about programmes, and what their milestones are tied to."""

from __future__ import annotations

from datetime import date

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from kivijalka.actions.models import Action
from kivijalka.programmes.models import Milestone, Programme, Workstream
from kivijalka.register.declare import LinkKind
from kivijalka.register.models import Link

GATHERS = LinkKind("gathers", _("gathers"), _("is part of"), to=["action"])
NEEDS = LinkKind("needs", _("needs"), _("is needed by"), to=["milestone"], in_order=True)
OPEN = Q(state=Milestone.State.OPEN)


def held_up(day: date | None = None) -> Q:
    """A milestone that needs one which is late on a day (today), or is due only after it."""
    needed = Milestone.objects.filter(OPEN, pk=OuterRef("b_id"))
    late = needed.filter(Q(due__lt=day or timezone.localdate()) | Q(due__gt=OuterRef(OuterRef("due"))))
    return OPEN & Q(Exists(Link.objects.in_force(NEEDS.kind).filter(Exists(late), a=OuterRef("pk"))))


def slipping(day: date) -> Q:
    """An open milestone that was moved to a later day, or is past its day."""
    return OPEN & (Q(due__gt=F("first_due")) | Q(due__lt=day))


def has_overdue() -> Q:
    """A programme with a milestone past its day."""
    streams = Workstream.objects.filter(programme=OuterRef(OuterRef("pk"))).values("pk")
    return Q(Exists(Milestone.objects.filter(OPEN, due__lt=timezone.localdate(), workstream__in=streams)))


def of_closed() -> Q:
    """A workstream whose programme is closed."""
    return Q(Exists(Programme.objects.filter(pk=OuterRef("programme"), state=Programme.State.CLOSED)))


def gathered(programme: Programme) -> QuerySet[Action]:
    """The actions of a programme, within reach."""
    streams = Workstream.objects.filter(programme=programme.pk).values("pk")
    ties = Link.objects.in_force(GATHERS.kind).filter(a__in=streams).values("b")
    return Action.objects.seen().filter(pk__one_of=ties)


def open_work(programme: Programme) -> tuple[int, int]:
    """How many milestones and actions of a programme are open, within reach."""
    streams = Workstream.objects.filter(programme=programme.pk).values("pk")
    milestones = Milestone.objects.seen().filter(OPEN, workstream__in=streams).count()
    return milestones, gathered(programme).filter(state__in=Action.OPEN).count()
