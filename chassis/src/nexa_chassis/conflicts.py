"""Why a write did not happen, other than that the domain refused it."""


class ConcurrencyConflict(Exception):
    """Somebody else wrote first; load fresh state and decide again. `stream` is what clashed, where the server says so."""

    def __init__(self, stream: str | None) -> None:
        super().__init__(f"{stream or 'A row'} was changed by another transaction meanwhile.")
        self.stream = stream


class VersionMismatch(Exception):
    """The caller's If-Match names another version than the stream has."""

    def __init__(self, stream: str, expected: int, actual: int) -> None:
        super().__init__(f"{stream} is at version {actual}, the request expected {expected}.")
        self.stream = stream
        self.expected = expected
        self.actual = actual


class IdempotencyMismatch(Exception):
    """The idempotency key was used before, for another request."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The idempotency key {key!r} was used before with another request.")
        self.key = key
