"""Where notifications may be sent to."""

from urllib.parse import SplitResult, urlsplit

from shared.rest.urls import has_legal_port, is_loopback


def check_address(url: str) -> None:
    """Raise ValueError, which does not repeat the URL, unless what is sent there is encrypted or stays on this machine.

    Chat services put a secret into the URL.
    """
    parts = _parts(url)
    encrypted = parts is not None and parts.scheme == "https"
    if not (parts and (encrypted or (parts.scheme == "http" and is_loopback(parts.hostname)))):
        raise ValueError("expected a URL that starts with https:// (http:// only for a loopback address)")
    if not (parts.hostname and has_legal_port(parts) and all("!" <= character <= "~" for character in url)):
        raise ValueError("expected a URL with a host, in visible ASCII characters")


def _parts(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None
