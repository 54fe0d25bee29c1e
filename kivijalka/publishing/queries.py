"""What is published."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from kivijalka.publishing.models import Publication
from kivijalka.publishing.rules import AT_MOST
from kivijalka.register.declare import LinkKind

PUBLISHES = LinkKind("publishes", _("publishes"), _("is chosen to be published by"), to=["publication"])
RIGHT = "publication.publish"
# Of a record: how far it may be known lets it be published.
MAY_BE = Q(confidentiality__lte=AT_MOST)


def published(publications: QuerySet[Any]) -> list[Any]:
    """The records behind publications in force, by their keys."""
    in_force = publications.filter(state=Publication.State.PUBLISHED, subject__isnull=False)
    return list(in_force.values_list("subject", flat=True))
