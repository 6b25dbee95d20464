"""The endpoints of `/api/routes`."""
