"""The one error that ends a start."""


class StartError(Exception):
    """The app cannot be served; the message is the one line that the user reads."""
