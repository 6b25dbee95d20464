"""The API's description: an OpenAPI 3.1 document, made from the route table and the models, and a page to read it."""
