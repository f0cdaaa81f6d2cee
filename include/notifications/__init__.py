"""What messages to people are made of, before anything sends them."""
