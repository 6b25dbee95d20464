"""The endpoints of `/api/environments`."""
