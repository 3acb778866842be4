"""Views of the API, one module per noun family. Read only: GET, HEAD, OPTIONS."""
