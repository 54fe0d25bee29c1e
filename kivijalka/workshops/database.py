"""What the database answers of a workshop past the rule of its answers: how many chose what, never who.

Written after each migrate, as it holds the rules of workshops and risks themselves.
"""

from __future__ import annotations

from typing import Any

from django.db import connections

from kivijalka.access.policy import sql_of
from kivijalka.risks.models import Risk
from kivijalka.workshops.models import TAKING_PART, Workshop


def write(using: str = "default", **kwargs: Any) -> None:
    """Write `kj.spread`: of each question that the acting person sees, how many answered, and from closing on, what."""
    connection = connections[using]
    workshop, risk = (sql_of(model.access.see, model, connection) for model in (Workshop, Risk))
    with connection.cursor() as cursor:
        cursor.execute(f"""
            create or replace function kj.spread(of_workshop uuid)
            returns table (question uuid, likelihood integer, impact integer, answers integer)
            language sql stable security definer set search_path = public, pg_catalog, pg_temp as $$
                select q.id, case when w.state in ('closed', 'ended') then a.likelihood end,
                    case when w.state in ('closed', 'ended') then a.impact end, count(*)::integer
                from workshops_workshop w join workshops_question q on q.workshop_id = w.id
                    join workshops_answer a on a.question_id = q.id
                where w.id = of_workshop
                    and exists (select 1 from workshops_workshop where id = w.id and ({workshop}))
                    and (w.id in (select {TAKING_PART}())
                        or exists (select 1 from risks_risk where id = q.risk_id and ({risk})))
                group by 1, 2, 3
            $$;
            revoke all on function kj.spread(uuid) from public;
            grant execute on function kj.spread(uuid) to kj_app;
        """)
