"""What ends the stand-in: a start that cannot succeed, and what ends Microsoft's host, too."""


class StartError(Exception):
    """The app cannot be served; the message is the one line that the user reads."""


class HostEnds(Exception):  # noqa: N818 - no error of the host, but its end
    """An exception has left a listener. The platform, or the local stack, starts the host again."""
