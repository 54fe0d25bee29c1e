"""What events teach: on the page of a risk, and on a page of one's own about one's own estimates."""

from __future__ import annotations

from decimal import Decimal
from math import sqrt
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats, timezone
from django.views.decorators.http import require_GET

from kivijalka.access.request import ActingRequest, day_of
from kivijalka.events import calibration, judgements, queries
from kivijalka.events.learning import Learned, Range, learn, years_between
from kivijalka.register.chart import euros, how_often
from kivijalka.register.numbers import written
from kivijalka.risks import estimates
from kivijalka.risks.models import Risk

MOST_TESTED = 50
VERDICTS = {"too narrow": "narrow", "too wide": "wide", "no evidence either way": "none"}


def learned_panel(request: ActingRequest, record: Any) -> tuple[str, dict[str, Any]] | None:
    """On the page of a threat that somebody has judged: what was thought, what events say, and both together."""
    if not isinstance(record, Risk) or record.sign != Risk.Sign.THREAT:
        return None
    thought, at = estimates.begun(record), getattr(record, "first_assessed_at", None)
    if not thought or at is None:
        return None
    day, first = day_of(request), timezone.localdate(at)
    priced, waiting = queries.losses_since(record, first)
    threshold = queries.threshold(day)
    found = learn(thought, priced, years_between(first, day), threshold)
    if found is None:
        return None
    return "events/_learned_panel.html", {
        "record": record,
        "first": first,
        "waiting": waiting,
        "threshold": euros(threshold) if threshold else "",
        "is_estimate": record.loss_low is not None,
        **told(found),
        "again": _again(record, found) if request.as_of is None and getattr(record, "can_estimate", False) else "",
    }


def told(found: Learned) -> dict[str, Any]:
    """A correction as a page tells it."""
    return {
        "count": found.count,
        "years": formats.number_format(round(found.years, 1), decimal_pos=1),
        "moved": found.moved,
        "before": _often(found.thought_rate),
        "after": _often(found.rate),
        "rates": [_range(found.thought_rate), _number(found.seen_rate), _range(found.rate)],
        "losses": [_money(one) if one else "" for one in (found.thought_loss, found.seen_loss, found.loss)],
        "rate_weight": round(100 * found.rate_weight),
        "loss_weight": None if found.loss_weight is None else round(100 * found.loss_weight),
    }


@require_GET
def calibration_page(request: ActingRequest) -> HttpResponse:
    """How the acting person's own judgements held. Nobody else's can be asked for."""
    who, day = judgements.estimator(request.actor), day_of(request)
    said = judgements.judgements(who)
    losses = judgements.losses_of({one.risk for one in said})
    found = calibration.calibrated(said, losses, who, day, queries.threshold(day))
    shown = found.tested[:MOST_TESTED]
    names = queries.named(key for one in shown for key in (one.loss.event, one.loss.risk))
    return render(
        request,
        "events/calibration.html",
        {
            "found": found,
            **{side: sum(one.side == side for one in found.tested) for side in ("under", "within", "over")},
            "share": found.held and [round(100 * x) for x in (found.held.share, found.held.low, found.held.high)],
            "verdict": found.held and VERDICTS[found.held.verdict],
            "came": sum(one.came for one in found.forecasts),
            "expected": _number(sum(one.chance for one in found.forecasts)),
            "scores": [(name, *map(_score, (one.mean, one.error, one.expected)))
                       for name, one in (("brier", found.brier), ("log", found.log)) if one],
            "rows": [(one, names.get(one.loss.event), names.get(one.loss.risk), euros(one.loss.euro),
                      _money(one.judgement.loss)) for one in shown],
            "few": calibration.FEW,
            "most": MOST_TESTED,
        },
    )  # fmt: skip


def _again(record: Risk, found: Learned) -> str:
    """The form of a new estimate, with the corrected ranges in it as one types them."""
    ends = {name: written(Decimal(str(end))) for name, end in found.proposed.items()}
    return f"{reverse('do', args=['risks', record.pk, 'estimate'])}?{urlencode(ends)}"


def _often(of: Range) -> str:
    """In words how often something comes, by the middle of a range of events a year."""
    return how_often(float(f"{sqrt(of[0] * of[1]):.2g}"))


def _range(of: Range) -> str:
    return f"{_number(of[0])}–{_number(of[1])}"


def _money(of: Range) -> str:
    return f"{euros(of[0])}–{euros(of[1])}"


def _number(value: float) -> str:
    """Two digits that count, in the reader's habit."""
    return formats.number_format(f"{float(f'{value:.2g}'):.10f}".rstrip("0").rstrip("."), force_grouping=True)


def _score(value: float) -> str:
    return formats.number_format(round(value, 3), decimal_pos=3) if value < float("inf") else "–"
