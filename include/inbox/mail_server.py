"""`python -m include.inbox.mail_server`: receives mail over SMTP into the file of the inbox.

`INBOX_FILE` in the environment says where messages are kept.
"""

import argparse
import os
import signal
from pathlib import Path

from aiosmtpd.controller import Controller

from include.inbox.mail import MailReceiver
from include.inbox.messages import Messages

STOP = {signal.SIGTERM, signal.SIGINT}


def main() -> None:
    """Receive mail until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    # Before any thread is there, so that none of them is ended by the signal that is waited for.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    messages = Messages(Path(os.environ["INBOX_FILE"]))
    server = Controller(MailReceiver(messages), hostname=options.host, port=options.port)
    server.start()
    signal.sigwait(STOP)
    server.stop()
    messages.close()


if __name__ == "__main__":
    main()
