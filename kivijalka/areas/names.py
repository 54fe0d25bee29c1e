"""The eight areas of organisational security."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Area(models.TextChoices):
    """What a risk, and later an observation, belongs to one or more of."""

    PERSONNEL_SECURITY = "personnel_security", _("personnel security")
    OCCUPATIONAL_SAFETY = "occupational_safety", _("occupational safety")
    ENVIRONMENTAL_SAFETY = "environmental_safety", _("environmental safety")
    OPERATIONAL_SECURITY = "operational_security", _("security of production and operations")
    PREMISES_SECURITY = "premises_security", _("premises security")
    RESCUE_SAFETY = "rescue_safety", _("fire and rescue safety")
    INFORMATION_SECURITY = "information_security", _("information security")
    MISCONDUCT_MANAGEMENT = "misconduct_management", _("management of misconduct and deviations")
