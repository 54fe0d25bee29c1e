"""A file that was looked at and never imported is forgotten with its rows after a day."""

from django.db import migrations

WORKING = """
create or replace function kj.forget() returns void language sql security definer set search_path = public, pg_temp as $$
    delete from register_sent where at < now() - interval '24 hours';
    delete from register_draft where at < now() - interval '30 days'
        or ("values" is null and at < now() - interval '24 hours');
    {files}
$$
"""
FILES = """
    delete from register_importfile where done_at is null and at < now() - interval '24 hours';
    delete from register_importsource source
        where not exists (select from register_importfile file where file.source_id = source.id);
"""


class Migration(migrations.Migration):
    dependencies = [("register", "0011_alike_by_title")]

    operations = [migrations.RunSQL(WORKING.format(files=FILES), WORKING.format(files=""))]
