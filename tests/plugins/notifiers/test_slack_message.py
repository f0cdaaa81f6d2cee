"""A message in Slack, as the triggerer sends it when a run is late."""

from typing import Any

import pytest

CONTEXT = {"dag_run": {"dag_id": "shop", "dag_run_id": "manual__2026-01-05T00:00:00+00:00"}}
"""What the callback of a deadline is given: plain values, and no task."""


def test_the_text_knows_the_run_that_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a template, in which `dag_run` is the run."""
    import asyncio

    from airflow.providers.slack.notifications import slack_webhook

    from plugins.notifiers.slack_message import SlackMessage

    sent = []

    class Recorder:
        def __init__(self, **facts: Any) -> None:
            self.facts = facts

        async def async_notify(self, context: Any) -> None:
            sent.append(self.facts)

    async def call() -> None:
        text = "<http://x/dags/{{ dag_run.dag_id }}/runs/{{ dag_run.dag_run_id }}|late>"
        await SlackMessage(text=text, context=dict(CONTEXT))

    monkeypatch.setattr(slack_webhook, "SlackWebhookNotifier", Recorder)
    asyncio.run(call())

    run_id = CONTEXT["dag_run"]["dag_run_id"]
    assert sent == [
        {
            "slack_webhook_conn_id": "slack_webhook",
            "text": f"<http://x/dags/shop/runs/{run_id}|late>",
        }
    ]
