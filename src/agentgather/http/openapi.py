def openapi_document() -> bytes:
    return b"{}"
