"""Living with services that fail: kinds of errors, waits between tries, the circuit breaker."""
