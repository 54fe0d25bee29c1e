"""Decisions about publishing that need no database."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from kivijalka.register.models import Confidentiality
from kivijalka.register.refusal import Reason

# What is more confidential than this is not published, whoever chooses.
AT_MOST = Confidentiality.INTERNAL


def why_not_publish(confidentiality: int) -> Reason | None:
    """Why a record may not be published. None: it may."""
    if confidentiality > AT_MOST:
        return Reason("confidential", _("A confidential record is not published. Nothing was saved."))
    return None
