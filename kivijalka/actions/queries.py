"""What actions are tied to, and what ties them to one another."""

from django.utils.translation import gettext_lazy as _

from kivijalka.register.declare import LinkKind

TREATS = LinkKind("treats", _("treats"), _("is treated by"), to=["action"])
# Of two that exclude one another at most one is worth doing; one that requires another does nothing without it.
EXCLUDES = LinkKind("excludes", _("excludes"), _("is excluded by"), to=["action"])
REQUIRES = LinkKind("requires", _("needs"), _("is needed by"), to=["action"], in_order=True)
