"""Says one thing in Slack, through the connection `slack_webhook`."""

from typing import Any

from airflow.sdk import BaseNotifier


class SlackMessage(BaseNotifier):
    """The Slack provider's own notifier, loaded when there is something to say.

    Its client takes a third of a second to import, too long for a file of a Dag.
    """

    template_fields = ("text",)

    def __init__(self, text: str, context: Any = None) -> None:
        """Say `text`, a template in Slack's markup."""
        super().__init__(context)
        self.text = text

    def notify(self, context: Any) -> None:
        """Send it, from a task or the dag-processor."""
        self._notifier().notify(context)

    async def async_notify(self, context: Any) -> None:
        """Send it, from the triggerer."""
        await self._notifier().async_notify(context)

    def _notifier(self) -> Any:
        from airflow.providers.slack.notifications import slack_webhook

        return slack_webhook.SlackWebhookNotifier(
            slack_webhook_conn_id="slack_webhook", text=self.text
        )
