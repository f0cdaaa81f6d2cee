"""Mails a report: HTML, the same as text, and attachments that another task made."""

from typing import Any, ClassVar

from airflow.sdk import BaseOperator


class ReportMailOperator(BaseOperator):
    """What `EmailOperator` does, with a text beside the HTML and attachments out of XCom.

    `html` and `text` are Jinja templates, or the names of template files. `attachments` maps file
    names to their text. A mail with a `message_id` that its receiver has is dropped there.
    """

    template_fields = ("to", "subject", "html", "text", "attachments", "message_id")
    template_ext = (".html", ".txt")
    template_fields_renderers: ClassVar = {"html": "html"}

    def __init__(
        self,
        *,
        to: list[str],
        subject: str,
        html: str,
        text: str,
        attachments: dict[str, Any] | None = None,
        message_id: str | None = None,
        conn_id: str = "smtp_default",
        **kwargs: Any,
    ) -> None:
        """Mail `to` these addresses through the SMTP connection `conn_id`."""
        super().__init__(**kwargs)
        self.to = to
        self.subject = subject
        self.html = html
        self.text = text
        self.attachments = attachments
        self.message_id = message_id
        self.conn_id = conn_id

    def execute(self, context: Any) -> None:
        """Send it."""
        from plugins.hooks.mail import MailHook

        mail = (self.to, self.subject, self.text, self.html, self.attachments, self.message_id)
        MailHook(self.conn_id).send(*mail)
        self.log.info("Mailed %r to %s.", self.subject, ", ".join(self.to))
