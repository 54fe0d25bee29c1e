"""A new unit is added by whoever reorganises the unit above it: its own number is new, so nobody reaches that yet."""

from django.db import migrations
from django.db.models import Q

from kivijalka.access.expressions import Reach
from kivijalka.access.policy import Access


class Migration(migrations.Migration):
    dependencies = [("organisation", "0003_why")]
    operations = [
        migrations.RemoveConstraint("unit", "unit_access"),
        migrations.AddConstraint(
            "unit",
            Access(
                name="unit_access",
                see=Q(key__within=Reach("unit.view")),
                add=Q(parent__within=Reach("unit.reorganise")),
                edit=Q(key__within=Reach("unit.reorganise")),
                verbs={},
            ),
        ),
    ]
