"""Every assessment, those of the past too, gets the version that its policy became."""

from django.db import migrations

FORWARD = """
update risks_assessment a set policy_version_id = v.id
from policy_policy p join policy_version v on v.case_number = p.key where p.id = a.policy_id;
do $$ begin
    if to_regclass('history.risks_assessment') is not null then
        alter table history.risks_assessment add column if not exists policy_version_id uuid;
        update history.risks_assessment a set policy_version_id = v.id
        from policy_policy p join policy_version v on v.case_number = p.key where p.id = a.policy_id;
    end if;
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("risks", "0004_assessment_policy_version")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
