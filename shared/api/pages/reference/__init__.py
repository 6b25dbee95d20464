"""The API reference at `/api/docs`: for a person, what `/api/openapi.json` is for a program."""
