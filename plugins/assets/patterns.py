"""The Assets of phase 14's patterns; none has a place, so each has only a name."""

from airflow.providers.apache.kafka.triggers.await_message import AwaitMessageTrigger
from airflow.sdk import Asset, AssetAlias, AssetWatcher

from include.messaging import signals

ORDERS = Asset("patterns_orders")
STOCK = Asset("patterns_stock")

COUNTRIES = Asset("patterns_countries")
"""Cut into partitions, one for each country."""

LATER = AssetAlias("patterns_later")
"""Stands for an Asset that is named when it is updated."""

DELIVERY = Asset("patterns_delivery")
"""What `LATER` turns out to be."""

MODEL_DUE = Asset("patterns_model_due")
"""A model has to be trained anew."""

# The triggerer waits for messages and commits what it has read. `MessageQueueTrigger`, which would
# choose this trigger, loads every provider whenever a Dag's file is read.
SIGNALS = Asset(
    "patterns_signals",
    watchers=[
        AssetWatcher(
            signals.TOPIC,
            AwaitMessageTrigger([signals.TOPIC], "include.messaging.signals.read"),
        )
    ],
)
"""Has an event for each message in the Kafka topic."""
