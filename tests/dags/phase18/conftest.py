"""The lab's inbox, emptied before each test."""

import pytest

from include.lab.settings import Lab
from tests.inbox import Inbox


@pytest.fixture
def inbox(lab: Lab) -> Inbox:
    """No message is in it."""
    inbox = Inbox(lab)
    inbox.clear()
    return inbox
