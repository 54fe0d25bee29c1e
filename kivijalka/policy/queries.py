"""Questions about the policy."""

from __future__ import annotations

from datetime import date

from kivijalka.policy.models import Policy


def policy_in_force(on: date) -> Policy:
    """The version that is in force on a day. Raises LookupError where the council has decided none."""
    found = Policy.objects.filter(valid_from__lte=on).order_by("-valid_from").first()
    if found is None:
        raise LookupError(f"No risk policy is in force on {on}. Load one: ./run manage load_policy")
    return found
