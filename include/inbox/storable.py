"""Text that every file, database and page can hold."""

import re
from typing import Any

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(value: Any) -> Any:
    """The same, with U+FFFD in place of each NUL and each half of a surrogate pair in its texts.

    PostgreSQL holds no NUL, and nothing that writes UTF-8 holds half a pair: a mail in UTF-7, or an
    emoji that was cut in two, brings one.
    """
    match value:
        case str():
            return _UNSTORABLE.sub("\ufffd", value)
        case dict():
            return {storable(key): storable(one) for key, one in value.items()}
        case list() | tuple():
            return [storable(one) for one in value]
    return value
