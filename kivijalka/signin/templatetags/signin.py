"""What the pages of signing in need in their templates."""

import json
from typing import Any

from django import template
from django.core.serializers.json import DjangoJSONEncoder

register = template.Library()


@register.filter
def as_json(value: Any) -> str:
    """A value for a script, in an attribute: the policy of the pages allows no script within them."""
    return json.dumps(value, cls=DjangoJSONEncoder)
