"""The two ways in which work on a document can fail."""


class DocumentError(Exception):
    """A failure with a stable `code` for programs and a `message` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class Permanent(DocumentError):
    """Trying again cannot help: the document itself is the reason.

    Codes: `empty`, `too-large`, `unsupported-type`, `encrypted`, `corrupt`, `too-many-pages`,
    `missing`.
    """


class Transient(DocumentError):
    """Trying again may help: something around the document failed.

    Codes: `ocr-unavailable`, `busy`.
    """
