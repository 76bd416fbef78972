"""One file over HTTP into a `.part` that grows: broken off, it goes on where it stopped."""

import http.client
from collections.abc import Callable
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

TIMEOUT = 30.0
"""Seconds without an answer after which a server counts as gone."""

ATTEMPTS = 5
"""How often a transfer that breaks off is taken up again, as long as each attempt brings bytes."""

CHUNK = 1 << 16


class TransferError(RuntimeError):
    """Why an address gave no file; what came so far may be kept."""


class WrongBytesError(TransferError):
    """The bytes that came are of no use."""


def transfer(
    address: str, part: Path, progress: Callable[[int, int | None], None], largest: int
) -> None:
    """Adds to `part` what it lacks of the file at the address.

    Asks for the rest alone (HTTP Range); a server that knows no ranges sends all again.

    Args:
        address: http or https.
        part: the file that grows; the bytes it has are taken to be the file's first.
        progress: is told the bytes that are there, and in all where the server says so.
        largest: bytes beyond which the server must be wrong.

    Raises:
        TransferError: no answer, a refusal, or it broke off again and again; `part` stays.
        WrongBytesError: more bytes than `largest`.
        OSError: `part` cannot be written.
    """
    for attempt in range(1, ATTEMPTS + 1):
        before = size(part)
        try:
            _attempt(address, part, progress, largest)
            return
        except WrongBytesError:
            raise
        except TransferError:
            if attempt == ATTEMPTS or size(part) <= before:
                raise


def size(path: Path) -> int:
    """Bytes of a file, 0 where there is none."""
    return path.stat().st_size if path.is_file() else 0


def _attempt(
    address: str, part: Path, progress: Callable[[int, int | None], None], largest: int
) -> None:
    done = size(part)
    wanted = {"User-Agent": "egop", "Accept-Encoding": "identity"}
    if done:
        wanted["Range"] = f"bytes={done}-"
    try:
        response = urlopen(Request(address, headers=wanted), timeout=TIMEOUT)
    except HTTPError as error:
        error.close()
        if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # there is nothing beyond what is here
        raise TransferError(f"HTTP {error.code} {error.reason}") from error
    except (URLError, OSError, http.client.HTTPException) as error:
        raise TransferError(_reason(error)) from error
    with response:
        if not _goes_on(response, done):
            done = 0
        _receive(response, part, done, progress, largest)


def _receive(
    response: http.client.HTTPResponse,
    part: Path,
    done: int,
    progress: Callable[[int, int | None], None],
    largest: int,
) -> None:
    """Writes the body of the response behind the first `done` bytes of `part`."""
    length = response.headers.get("Content-Length")
    total = done + int(length) if length else None
    with part.open("ab" if done else "wb") as file:
        progress(done, total)
        while block := _read(response):
            file.write(block)
            done += len(block)
            if done > largest:
                raise WrongBytesError(f"it sends more than the {largest} bytes expected")
            progress(done, total)
    if total is not None and done < total:
        raise TransferError(f"broke off after {done} of {total} bytes")


def _goes_on(response: http.client.HTTPResponse, done: int) -> bool:
    """Whether the response begins with byte number `done`, which is not the first."""
    begins = response.headers.get("Content-Range", "").partition("-")[0]
    return done > 0 and response.status == http.client.PARTIAL_CONTENT and begins == f"bytes {done}"


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise TransferError(_reason(error)) from error


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", None) or error
    return str(getattr(reason, "strerror", None) or reason) or type(reason).__name__
