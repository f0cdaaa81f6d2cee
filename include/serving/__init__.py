"""Models in production: who answers, how a new one takes over, and what came of it."""
