"""The database refuses a link whose end is of another register than it says, and a pair that no kind of link joins."""

from django.db import migrations

FORWARD = """
alter table register_link
    add constraint link_a_is foreign key (a_id, a_register) references register_node (id, register),
    add constraint link_b_is foreign key (b_id, b_register) references register_node (id, register),
    add constraint link_pair foreign key (kind, a_register, b_register)
        references register_linkrule (kind, a_register, b_register);
"""

BACKWARD = """
alter table register_link drop constraint link_a_is, drop constraint link_b_is, drop constraint link_pair;
"""


class Migration(migrations.Migration):
    dependencies = [("register", "0002_graph")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
