"""What goes wrong while fetching, said in one line without a secret in it."""


class IngestError(RuntimeError):
    """A source could not be fetched or what it sent cannot be trusted; nothing of that answer has landed."""


class MissingKeyError(IngestError):
    """A source needs a key that is not in the environment."""


class NotFoundError(IngestError):
    """The publisher has nothing at that address (404): not published yet, or moved."""


class UnexpectedAnswerError(IngestError):
    """The publisher answered, but not in the documented format."""


class RefusedError(IngestError):
    """The publisher understood the request and declined it: `said` is its body, without secrets."""

    def __init__(self, message: str, said: str) -> None:
        super().__init__(message)
        self.said = said
