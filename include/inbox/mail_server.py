"""`python -m include.inbox.mail_server`: receives mail over SMTP into the file of the inbox.

`INBOX_FILE` in the environment says where messages are kept.
"""

import argparse
import os
import signal
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from include.inbox.mail import MailReceiver
from include.inbox.messages import Messages

LARGEST_BYTES = 2 * 2**20
"""Of a mail: the page shows fifty."""

STOP = {signal.SIGTERM, signal.SIGINT}


class MailServer(SMTP):  # type: ignore[misc]
    """Knows what no mail program sends."""

    async def smtp_POST(self, rest: str) -> None:
        """End the connection: a web page's lines that follow would be read as commands."""
        await self.push("421 This is a mail server")
        self._handler_coroutine.cancel()
        self.transport.close()


class MailController(Controller):  # type: ignore[misc]
    """Runs our server."""

    def factory(self) -> MailServer:
        """One for each connection."""
        return MailServer(self.handler, **self.SMTP_kwargs)


def main() -> None:
    """Receive mail until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    # Before any thread is there, so that none of them is ended by the signal that is waited for.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    messages = Messages(Path(os.environ["INBOX_FILE"]))
    server = MailController(
        MailReceiver(messages),
        hostname=options.host,
        port=options.port,
        data_size_limit=LARGEST_BYTES,
    )
    server.start()
    signal.sigwait(STOP)
    server.stop()
    messages.close()


if __name__ == "__main__":
    main()
