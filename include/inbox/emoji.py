"""Emoji by the names that Slack gives them: `:alarm_clock:` is shown as ⏰.

Only the names that messages of this project use, and a few that a learner may try first.
"""

import re

EMOJI = {
    "alarm_clock": "⏰",
    "bell": "🔔",
    "fire": "🔥",
    "package": "📦",
    "rocket": "🚀",
    "rotating_light": "🚨",
    "tada": "🎉",
    "wave": "👋",
    "warning": "⚠️",
    "white_check_mark": "✅",
    "x": "❌",
}

# In a text, or in code, which Slack shows as it stands.
_NAME_OR_CODE = re.compile(r"```.*?```|`[^`\n]+`|:(?P<name>[a-z0-9_+-]+):", re.DOTALL)


def shown(text: str) -> str:
    """The text with emoji in place of their names; an unknown name, and code, stay as they are."""
    return _NAME_OR_CODE.sub(lambda found: EMOJI.get(found["name"] or "", found[0]), text)
