"""Opening an archive wherever it lies: an address, a zip, a folder of CSV files."""

import hashlib
import io
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import httpx

from ingestion.errors import SourceFormatError, SourceUnavailableError

AGENT = "f1site (Formula One record and forecasts; archive importer)"
TIMEOUT = httpx.Timeout(30.0, connect=10.0)

# A release is 3 MB, 25 MB unzipped: room to grow tenfold, none for a zip bomb.
MOST_BYTES_ZIPPED = 100_000_000
MOST_BYTES_UNZIPPED = 400_000_000

#: What a damaged member of a zip makes the standard library raise while it is read.
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError)
#: The same for opening a zip or a member (encrypted, or packed in an unknown way).
UNREADABLE = (*DAMAGED, NotImplementedError, RuntimeError, ValueError, OSError)


@dataclass(frozen=True)
class Container:
    """The CSV files of an archive by name, with what identifies them."""

    location: str
    sha256: str
    files: Mapping[str, Path | zipfile.ZipInfo]
    archive: zipfile.ZipFile | None = None

    @contextmanager
    def lines(self, name: str) -> Iterator[io.TextIOWrapper]:
        """The lines of one file, decoded as they are read."""
        with self._open(name) as raw:
            try:
                yield io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
            except DAMAGED as error:
                raise SourceFormatError(
                    f"{name} in {self.location} is damaged: {error}"
                ) from error

    def _open(self, name: str) -> IO[bytes]:
        member = self.files[name]
        if isinstance(member, Path):
            return member.open("rb")
        assert self.archive is not None  # noqa: S101 - members come from an archive
        try:
            return self.archive.open(member)
        except UNREADABLE as error:
            raise SourceFormatError(
                f"{name} in {self.location} is damaged: {error}"
            ) from error


@contextmanager
def opened(location: str, *, zip_name: str) -> Iterator[Container]:
    """The container at an address, a zip file, or a folder (which may hold the zip)."""
    if location.startswith(("http://", "https://")):
        with tempfile.TemporaryFile() as download:
            fetch(location, download)
            with _zipped(location, download) as container:
                yield container
        return
    path = _existing(Path(location).expanduser())
    if path.is_dir() and (path / zip_name).is_file():
        path = path / zip_name
    if path.is_dir():
        yield _folder(path)
        return
    with path.open("rb") as file, _zipped(str(path), file) as container:
        yield container


def _existing(path: Path) -> Path:
    if not path.exists():
        raise SourceUnavailableError(
            f"There is no file or folder {path}. Give the path or the address of an"
            " F1DB release: --from PATH_OR_URL"
        )
    return path


def fetch(url: str, file: IO[bytes]) -> None:
    """Fetch an address into a file, within limits of time and size."""
    try:
        with httpx.stream(
            "GET",
            url,
            headers={"User-Agent": AGENT},
            timeout=TIMEOUT,
            follow_redirects=True,
        ) as response:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                file.write(chunk)
                if file.tell() > MOST_BYTES_ZIPPED:
                    raise SourceFormatError(
                        f"{url} sends more than {MOST_BYTES_ZIPPED // 10**6} MB"
                    )
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise SourceUnavailableError(
            f"{url} cannot be reached: {reason}. Try again later, or fetch the file"
            " by other means and name its path with --from"
        ) from error
    file.seek(0)


@contextmanager
def _zipped(location: str, file: IO[bytes]) -> Iterator[Container]:
    start = file.read(40)
    file.seek(0)
    if not start:
        raise SourceFormatError(f"{location} is empty")
    try:
        archive = zipfile.ZipFile(file)
    except UNREADABLE as error:
        is_zip = start.startswith(b"PK")
        raise SourceFormatError(
            f"{location} is cut short or damaged ({error}): fetch it again"
            if is_zip
            else f"{location} is no zip file: it begins with {start!r}"
        ) from error
    with archive:
        members = _members(location, archive)
        file.seek(0)
        yield Container(location, _sha256(file), members, archive)


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(1_000_000):
        digest.update(chunk)
    return digest.hexdigest()


def _members(location: str, archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    if sum(info.file_size for info in archive.infolist()) > MOST_BYTES_UNZIPPED:
        raise SourceFormatError(
            f"{location} unpacks to more than {MOST_BYTES_UNZIPPED // 10**6} MB"
        )
    return {
        Path(info.filename).name: info
        for info in archive.infolist()
        if info.filename.endswith(".csv")
    }


def _folder(path: Path) -> Container:
    files = {file.name: file for file in sorted(path.glob("*.csv"))}
    digest = hashlib.sha256()
    for name, file in files.items():
        digest.update(name.encode())
        digest.update(file.read_bytes())
    return Container(str(path), digest.hexdigest(), dict(files))
