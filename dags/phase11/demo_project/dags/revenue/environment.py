"""Where this copy of the project runs; a deployment writes it anew."""

NAME = "development"
