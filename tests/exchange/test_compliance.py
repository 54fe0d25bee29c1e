"""An independent suite (scim2-tester) knows the service from what it tells of itself, and tries all of it."""

from __future__ import annotations

from collections import Counter

from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from kivijalka.web.wsgi import application
from tests import factories as make
from tests.exchange.conftest import secret_of


def test_every_check_of_the_suite_passes_and_none_is_skipped(committed: str) -> None:
    administrator = make.holder("access_administrator", unit=make.city())
    client = WSGISCIMClient(
        application,
        base_url="http://localhost/scim/v2",
        headers={"Authorization": f"Bearer {secret_of(administrator)}"},
    )
    results = check_server(client)
    failed = [f"{result.title}: {result.reason}" for result in results if result.status != Status.SUCCESS]
    assert failed == []
    told = Counter(result.title for result in results)
    assert len(told) >= 20 and told["check_replace_attribute"] >= 10, told
