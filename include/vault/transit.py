"""Encryption as a service: values go to the vault and come back sealed; its key never leaves it."""

import base64
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import hvac

TABLE = """
CREATE TABLE IF NOT EXISTS marts.sealed_contacts (
    customer_id integer PRIMARY KEY, email_sealed text NOT NULL
)
"""


MOST = 100
"""How many values go into one call: a vault refuses those that are too large."""


class NotSealedError(Exception):
    """What came back is not what went in."""


def seal(client: "hvac.Client", key: str, values: Mapping[int, str]) -> dict[int, str]:
    """Encrypt each value under the vault's key `key`, each with its number as context.

    The key is convergent: the same value of the same number is sealed alike each time, so a run
    that is repeated leaves the same. Values of two numbers never look alike.
    """
    encrypt, sealed = client.secrets.transit.encrypt_data, []
    for part in _batched(values.items(), MOST):
        batch = [{"plaintext": _encoded(text), **_context(number)} for number, text in part]
        sealed += _results(encrypt(key, batch_input=batch), "ciphertext")
    return dict(zip(values, sealed, strict=True))


def unseal(client: "hvac.Client", key: str, sealed: Mapping[int, str]) -> dict[int, str]:
    """Return the values that were sealed."""
    decrypt, texts = client.secrets.transit.decrypt_data, []
    for part in _batched(sealed.items(), MOST):
        batch = [{"ciphertext": text, **_context(number)} for number, text in part]
        found = _results(decrypt(key, batch_input=batch), "plaintext")
        texts += [base64.b64decode(one).decode() for one in found]
    return dict(zip(sealed, texts, strict=True))


def seal_and_prove(client: "hvac.Client", key: str, values: Mapping[int, str]) -> dict[int, str]:
    """Seal the values, and return them once the vault has given each of them back.

    Raises:
        NotSealedError: one did not come back, or was not encrypted at all.
    """
    sealed = seal(client, key, values)
    if unseal(client, key, sealed) != dict(values):
        raise NotSealedError("The vault did not give back what was sealed.")
    if any(values[number] in text for number, text in sealed.items()):
        raise NotSealedError("A value can be read although it was sealed.")
    return sealed


def _batched(values: Iterable[tuple[int, str]], size: int) -> Iterator[list[tuple[int, str]]]:
    """Yield the values in parts of at most `size`."""
    left = iter(values)
    while part := list(islice(left, size)):
        yield part


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _context(number: int) -> dict[str, str]:
    return {"context": _encoded(str(number))}


def _results(answer: Any, name: str) -> list[str]:
    return [one[name] for one in answer["data"]["batch_results"]]
