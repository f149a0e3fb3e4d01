"""Requests for a remote that is only a repository on disk: files in a folder, to be mailed or read."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from cifix.errors import GitError
from cifix.forge.request import Request, Runs, Wanted
from cifix.vcs.whole import write_whole


@dataclass(frozen=True, slots=True)
class Local:
    """Each branch has a folder below `folder`: `body.md`, `changes.patch`, and `request.json` with the rest.

    Whoever merges or turns down the request writes `merged` or `closed` for `state` there.
    """

    folder: Path
    name: str = "local"

    def requests(self, branch: str) -> Sequence[Request]:
        """The request of the branch, if there is one."""
        place = self._place(branch)
        try:
            told = json.loads((place / "request.json").read_text("utf-8"))
            body = (place / "body.md").read_text("utf-8")
            return [Request(told["number"], str(place), told["title"], body, told["state"], told["base"])]
        except FileNotFoundError:
            return []
        except (KeyError, ValueError) as why:
            raise GitError(f"{place / 'request.json'} is not what cifix has written there; delete it") from why

    def open(self, wanted: Wanted) -> Request:
        """Write the files."""
        return self._write(wanted)

    def update(self, request: Request, wanted: Wanted) -> None:
        """Write the files again."""
        del request
        self._write(wanted)

    def decorate(self, request: Request, labels: Sequence[str], reviewers: Sequence[str]) -> None:
        """Nothing is left to do: the file names them."""

    def close(self, request: Request, body: str) -> None:
        """Write `closed` for the state."""
        place = Path(request.url)
        told = json.loads((place / "request.json").read_text("utf-8"))
        write_whole(place / "body.md", body.encode())
        write_whole(place / "request.json", f"{json.dumps({**told, 'state': 'closed'}, indent=2)}\n".encode())

    def workflows(self) -> bool | None:
        """A repository on disk has no such permission."""
        return True

    def runs(self, request: Request) -> Runs:
        """Nothing runs here."""
        del request
        return Runs.NONE

    def _write(self, wanted: Wanted) -> Request:
        place = self._place(wanted.branch)
        place.mkdir(parents=True, exist_ok=True)
        request = Request(wanted.branch, str(place), wanted.title, wanted.body, "open", wanted.base)
        told = {key: value for key, value in asdict(request).items() if key not in ("body", "url", "author")}
        told |= {"labels": wanted.labels, "reviewers": wanted.reviewers, "draft": wanted.draft}
        write_whole(place / "changes.patch", wanted.patch)
        write_whole(place / "request.json", f"{json.dumps(told, indent=2)}\n".encode())
        write_whole(place / "body.md", wanted.body.encode())  # the last one: by it a later run sees what is there
        return request

    def _place(self, branch: str) -> Path:
        return self.folder / branch.replace("/", "-")
