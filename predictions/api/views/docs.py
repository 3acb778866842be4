"""The description of the API, and the page that draws it."""
# mypy: allow-subclassing-any

from typing import Any

from django.utils.cache import patch_cache_control
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.response import Response

from f1site.base.kept_pages import publish
from predictions.api.views.base import FRESH_SECONDS


class Schema(SpectacularAPIView):
    """OpenAPI 3 of version 1; the same for everybody, and kept: it takes a second."""

    def finalize_response(self, *args: Any, **kwargs: Any) -> Response:
        final: Response = super().finalize_response(*args, **kwargs)
        if final.status_code == 200:
            patch_cache_control(final, public=True, max_age=FRESH_SECONDS)
            publish(final)
        return final


class Docs(SpectacularSwaggerSplitView):
    """Swagger UI from our own files; its script is an answer of its own."""

    url_name = "api-schema"
    template_name = "predictions/api_docs.html"
