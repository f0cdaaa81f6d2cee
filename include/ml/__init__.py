"""Machine learning on tables: data, candidates, evaluation, the decision to deploy, tracking."""
