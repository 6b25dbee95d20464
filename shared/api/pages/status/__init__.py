"""The status page at `/api/`: for a person, what `/api/routes` is for a program."""
