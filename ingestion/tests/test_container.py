"""An archive at an address: fetched politely, within limits, or not at all."""

from pathlib import Path

import httpx
import pytest
import respx

from ingestion.errors import SourceFormatError, SourceUnavailableError
from ingestion.models import SourceFetch
from ingestion.services import import_archive
from ingestion.sources import container
from ingestion.tests.mini_archive import MiniArchive

URL = "https://example.org/releases/latest/download/f1db-csv.zip"
STORE = "https://store.example.org/f1db-csv.zip"


@pytest.fixture
def release(mini: MiniArchive, tmp_path: Path) -> bytes:
    return mini.write_zip(tmp_path / "f1db-csv.zip").read_bytes()


@respx.mock
def test_it_follows_the_release_to_its_file(release: bytes, db: None) -> None:
    respx.get(URL).respond(302, headers={"Location": f"{STORE}?token=secret"})
    served = respx.get(STORE).respond(content=release)
    done = import_archive(location=URL)
    assert done.outcome.changes["races"].added == 7
    assert served.calls.last.request.headers["User-Agent"].startswith("f1site ")
    assert SourceFetch.objects.get().location == URL


@respx.mock
def test_an_address_is_kept_without_its_secrets(release: bytes, db: None) -> None:
    respx.get(STORE).respond(content=release)
    import_archive(location=STORE.replace("//", "//me:word@") + "?token=secret")
    assert SourceFetch.objects.get().location == STORE


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (httpx.ConnectError("no route to host"), "no route to host"),
        (httpx.ReadTimeout("too slow"), "too slow"),
        (httpx.RemoteProtocolError("cut off"), "cut off"),
        (httpx.Response(404), "404 Not Found"),
        (httpx.Response(503), "503 Service Unavailable"),
    ],
)
@respx.mock
def test_a_dead_source_is_reported(
    answer: Exception | httpx.Response, words: str, db: None
) -> None:
    respx.get(URL).mock(side_effect=[answer])
    with pytest.raises(SourceUnavailableError, match=words) as caught:
        import_archive(location=URL)
    assert "Try again later" in str(caught.value)
    assert SourceFetch.objects.get().outcome == "failed"


@respx.mock
def test_a_redirect_in_circles_ends(db: None) -> None:
    respx.get(URL).respond(302, headers={"Location": URL})
    with pytest.raises(SourceUnavailableError, match="redirects"):
        import_archive(location=URL)


@respx.mock
def test_a_page_in_place_of_the_file_is_refused(db: None) -> None:
    respx.get(URL).respond(html="<html>Rate limited</html>")
    with pytest.raises(SourceFormatError, match="begins with b'<html>"):
        import_archive(location=URL)


@respx.mock
def test_an_endless_file_is_cut(
    release: bytes, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(container, "MOST_BYTES_ZIPPED", 1000)
    respx.get(URL).respond(content=release)
    with pytest.raises(SourceFormatError, match="sends more than"):
        import_archive(location=URL)


def test_an_address_that_is_none_is_refused(db: None) -> None:
    with pytest.raises(SourceUnavailableError, match="cannot be reached"):
        import_archive(location="https://example.org:port/f1db-csv.zip")
