"""Sends a mail that has been built already, through an SMTP connection."""

from collections.abc import Mapping, Sequence
from smtplib import SMTP
from typing import cast

from airflow.providers.smtp.hooks.smtp import SmtpHook

from include.notifications.email import build_mail


class MailHook(SmtpHook):
    """The SMTP provider's hook, for mails with a text beside their HTML.

    Address, login and encryption come from the connection, and so does the sender (`from_email`).
    """

    def send(
        self,
        to: Sequence[str],
        subject: str,
        text: str,
        html: str,
        attachments: Mapping[str, str] | None = None,
        identity: str | None = None,
    ) -> None:
        """Build the mail and hand it to the server.

        Raises:
            ValueError: a field of the mail is wrong, or the connection names no sender.
            OSError: the server does not answer, or refuses the mail.
        """
        with self:
            if not self.from_email:
                raise ValueError(
                    f"Connection {self.smtp_conn_id!r} names no sender; add from_email to its extra"
                )
            mail = build_mail(self.from_email, to, subject, text, html, attachments, identity)
            cast(SMTP, self._smtp_client).send_message(mail)
