"""The owners of runs, and the one rule on who may change a run, which all visitors meet.

A visitor may pause, cancel, resume, rename, delete and restore the runs that this visitor began or
added, and no others. Where the server is one person's own, and in a notebook, everything may be
changed. A run that was begun on the command line or by an earlier version has no owner.

A visitor is a browser, which keeps a random client id and tells it to nobody but the server. The
run's folder holds its SHA-256 in the file `owner`: whoever sees the folder cannot act as the owner.
"""

import re
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import NamedTuple

from egop.runs.atomic import replacing

OWNER = "owner"
OTHERS = "it was begun by somebody else, who alone may change it here; its result can be downloaded"
NOBODYS = (
    "it was begun on the command line or by an earlier version, so nobody may change it here; its "
    "result can be downloaded"
)
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Visitor(NamedTuple):
    """The person who asks for a change.

    Attributes:
        client_id: of the browser, known to nobody else; "" where there is none, as in a notebook.
        owns_server: True if the server is this person's own.
    """

    client_id: str = ""
    owns_server: bool = True

    def may_change(self, owner: str) -> bool:
        """True if this visitor may change a run of an owner, as `read_owner` gives it."""
        if self.owns_server:
            return True
        return bool(owner and self.client_id) and compare_digest(owner, _digest(self.client_id))

    def check_change(self, folder: Path) -> None:
        """Raises an error unless this visitor may change the run in a folder.

        Raises:
            PermissionError: the visitor may not.
        """
        owner = read_owner(folder)
        if not self.may_change(owner):
            raise PermissionError(f"{folder.name}: {OTHERS if owner else NOBODYS}")

    def own(self, folder: Path) -> None:
        """Makes this visitor the owner of a run, so that it stays theirs after a restart.

        Raises:
            OSError: the disk is full or the folder cannot be written.
        """
        if self.client_id:
            with replacing(folder / OWNER) as path:
                path.write_text(_digest(self.client_id), encoding="ascii")


def read_owner(folder: Path) -> str:
    """The hash of the client id of who began a run; "" if nobody did in a browser."""
    try:
        with (folder / OWNER).open(encoding="ascii") as file:
            found = file.read(65)
    except (OSError, ValueError):
        return ""
    return found if _DIGEST.fullmatch(found) else ""


def _digest(client_id: str) -> str:
    return sha256(client_id.encode()).hexdigest()
