"""What two programs agree on, read and compared: JSON Schema 2020-12 and OpenAPI 3.1. Pure; knows nothing of rooms."""
