"""Who may change a record that a row belongs to is asked once per statement: the policy is written anew."""

import kivijalka.access.expressions
import kivijalka.access.policy
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("register", "0012_forget_files")]

    operations = [
        # Until the declarations have written what it answers, at the end of this migrate: nothing may be changed.
        migrations.RunSQL(
            "create or replace function kj.writable() returns setof uuid language sql stable as"
            " $$ select null::uuid where false $$",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveConstraint(model_name="link", name="link_access"),
        migrations.AddConstraint(
            model_name="link",
            constraint=kivijalka.access.policy.Access(
                add=models.Q(
                    kivijalka.access.expressions.WritableNode("a"), kivijalka.access.expressions.SeenParent("b", "register_node")
                ),
                edit=models.Q(
                    kivijalka.access.expressions.WritableNode("a"), kivijalka.access.expressions.SeenParent("b", "register_node")
                ),
                name="link_access",
                see=models.Q(
                    kivijalka.access.expressions.SeenParent("a", "register_node"),
                    kivijalka.access.expressions.SeenParent("b", "register_node"),
                ),
                verbs={},
            ),
        ),
    ]
