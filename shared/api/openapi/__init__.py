"""The OpenAPI 3.1 document of the API, made from the route table and the models."""
