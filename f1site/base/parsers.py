"""What the API reads: JSON, and not much of it."""

from collections.abc import Mapping
from io import BytesIO
from typing import IO, Any, Final

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import JSONParser

#: Nothing that is sent here is longer than a token and some words.
MOST_BYTES: Final = 64 * 1024


class TooLarge(APIException):
    """More than anybody has to say here."""

    status_code = 413
    default_detail = f"Send {MOST_BYTES // 1024} kB at most."
    default_code = "too_large"


class SmallJSONParser(JSONParser):
    """JSON of a bounded size and depth."""

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        text = stream.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise TooLarge
        try:
            return super().parse(BytesIO(text), media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply") from None
