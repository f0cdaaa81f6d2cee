"""Whether data can be relied on: rules for a batch, versions of a schema, drift."""
