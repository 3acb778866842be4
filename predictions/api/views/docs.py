"""The description of the API, and the page that draws it."""
# mypy: allow-subclassing-any

from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView


class Schema(SpectacularAPIView):
    """OpenAPI 3 of version 1."""


class Docs(SpectacularSwaggerSplitView):
    """Swagger UI from our own files; its script is an answer of its own."""

    url_name = "api-schema"
    template_name = "predictions/api_docs.html"
