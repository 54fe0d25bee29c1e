"""Who may change a record that a row belongs to is asked once per statement: the policy is written anew."""

import kivijalka.access.expressions
import kivijalka.access.policy
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("register", "0013_writable_nodes"), ("risks", "0010_matrix_in_its_order")]

    operations = [
        migrations.RemoveConstraint(model_name="assessment", name="assessment_access"),
        migrations.AddConstraint(
            model_name="assessment",
            constraint=kivijalka.access.policy.Access(
                add=models.Q(
                    kivijalka.access.expressions.WritableNode("risk"),
                    ("assessor_id", kivijalka.access.expressions.Me()),
                ),
                edit=models.Q(("pk__in", [])),
                name="assessment_access",
                see=models.Q(kivijalka.access.expressions.SeenParent("risk", "risks_risk")),
                verbs={},
            ),
        ),
    ]
