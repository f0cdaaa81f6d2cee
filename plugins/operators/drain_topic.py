"""Reads a topic of Kafka to its end, in a consumer group of its own."""

from typing import Any

from airflow.sdk import BaseHook, BaseOperator

from include.messaging.drain import Handle


class DrainTopicOperator(BaseOperator):
    """Hand all messages of ``topic`` that are new for ``group`` to ``handle``; return how many.

    Offsets are committed after ``handle`` has returned for a batch. Three things are other than in
    the provider's `ConsumeFromTopicOperator`: the group is the task's and not the connection's, so
    that Dags with one connection do not take each other's messages; a topic with nothing new in it
    is no error; and the end of the topic costs two seconds instead of twice the poll timeout.
    """

    template_fields = ("topic", "group")

    def __init__(
        self,
        *,
        topic: str,
        group: str,
        handle: Handle,
        kafka_config_id: str = "kafka_default",
        **kwargs: Any,
    ) -> None:
        """Drain ``topic`` through the connection ``kafka_config_id``."""
        super().__init__(**kwargs)
        self.topic = topic
        self.group = group
        self.handle = handle
        self.kafka_config_id = kafka_config_id

    def execute(self, context: Any) -> int:
        """Read, hand over, commit, until nothing more comes.

        Raises:
            ConsumeError: the broker did not deliver.
        """
        from confluent_kafka import Consumer

        from include.messaging.drain import drain

        settings = BaseHook.get_connection(self.kafka_config_id).extra_dejson
        consumer = Consumer({**settings, "group.id": self.group})
        consumer.subscribe([self.topic])
        try:
            return drain(consumer, self.handle)
        finally:
            consumer.close()
