"""What actions are tied to."""

from django.utils.translation import gettext_lazy as _

from kivijalka.register.declare import LinkKind

TREATS = LinkKind("treats", _("treats"), _("is treated by"), to=["action"])
