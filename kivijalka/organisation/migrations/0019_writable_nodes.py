"""Who may change a record that a row belongs to is asked once per statement: the policy is written anew."""

import kivijalka.access.expressions
import kivijalka.access.policy
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("organisation", "0018_named_in_three_languages"), ("register", "0013_writable_nodes")]

    operations = [
        migrations.RemoveConstraint(model_name="responsibility", name="responsibility_access"),
        migrations.AddConstraint(
            model_name="responsibility",
            constraint=kivijalka.access.policy.Access(
                add=models.Q(kivijalka.access.expressions.WritableNode("record")),
                edit=models.Q(
                    ("person_id", kivijalka.access.expressions.Me()),
                    kivijalka.access.expressions.WritableNode("record"),
                    _connector="OR",
                ),
                name="responsibility_access",
                see=models.Q(
                    kivijalka.access.expressions.SeenParent("record", "register_node"),
                    ("person_id", kivijalka.access.expressions.Me()),
                    _connector="OR",
                ),
                verbs={
                    "accept": models.Q(("person_id", kivijalka.access.expressions.Me())),
                    "decline": models.Q(("person_id", kivijalka.access.expressions.Me())),
                    "give_up": models.Q(("person_id", kivijalka.access.expressions.Me())),
                    "withdraw": models.Q(kivijalka.access.expressions.WritableNode("record")),
                },
            ),
        ),
    ]
