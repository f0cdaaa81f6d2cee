"""The message about products that run out."""

import pytest

from include.inbox import block_kit
from include.retail.shortages import Shortage, shortage_message

LINK = "http://localhost:8080/dags/x"


@pytest.mark.parametrize("products", [1, 10, 11, 80])
def test_every_product_is_named(products: int):
    """Ten as fields, the others in small print; Slack takes it."""
    shortages = [Shortage(f"Lamp {n:02}", n % 3, "Lumen & Co") for n in range(products)]

    blocks = shortage_message(shortages, 5, LINK)

    block_kit.check({"blocks": blocks})
    shown = block_kit.blocks({"blocks": blocks})
    assert f"{products} products run out" in shown
    assert all(one.name in shown for one in shortages)
    assert "none left · Lumen &amp; Co" in shown
    assert any(block["type"] == "context" for block in blocks) is (products > 10)


def test_nothing_short_is_said_too():
    """The channel hears that all is well."""
    text = shortage_message([], 5, LINK)[0]["text"]["text"]
    assert text == "No product has 5 units or fewer."
