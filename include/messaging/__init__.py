"""Events on Kafka: topics, consuming without loss, and letters that could not be read."""
