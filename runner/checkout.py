"""The checkout that the runner stands in: where its parts lie, and fingerprints of what they are made of."""

import hashlib
import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_writing = threading.Lock()


@dataclass(frozen=True)
class Checkout:
    """One clone of the repository."""

    root: Path

    @property
    def environment(self) -> Path:
        """The virtual environment with every Python package."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The interpreter of the virtual environment."""
        return self.environment / "bin" / "python"

    @property
    def cache(self) -> Path:
        """Tools that the runner fetched for itself; may be deleted at any time."""
        return self.root / ".cache"

    @property
    def data(self) -> Path:
        """Databases and files; holds the user's work."""
        return self.root / ".data"

    @property
    def vendor(self) -> Path:
        """Where front-end packages are laid out for the static files."""
        return self.root / "kivijalka" / "register" / "ui" / "static" / "vendor"

    @property
    def fonts(self) -> Path:
        """Where the typeface of documents is laid out."""
        return self.root / "kivijalka" / "reports" / "documents" / "fonts"

    def files(self, *patterns: str) -> list[Path]:
        """Files of the application that match, in a fixed order."""
        found = {path for pattern in patterns for path in self.root.glob(pattern) if path.is_file()}
        return sorted(found)


HERE = Checkout(Path(__file__).resolve().parent.parent)


def fingerprint(paths: Iterable[Path], root: Path) -> str:
    """Hash of names (below a folder) and contents of files; a missing file counts too."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(str(path.relative_to(root)).encode())
        digest.update(path.read_bytes() if path.exists() else b"missing")
    return digest.hexdigest()


def quick_fingerprint(paths: Iterable[Path]) -> str:
    """Hash of names, sizes and times of files, for folders too large to read at each start."""
    digest = hashlib.sha256()
    for path in paths:
        state = path.stat()
        digest.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    return digest.hexdigest()


class Stamps:
    """A small file that remembers what was done from what, so that it is not done again."""

    def __init__(self, path: Path) -> None:
        """Read the file; a missing or broken one means that nothing was done."""
        self.path = path
        self.values = self._read()

    def _read(self) -> dict[str, str]:
        try:
            values = json.loads(self.path.read_text())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return {}
        return {str(key): str(value) for key, value in values.items()} if isinstance(values, dict) else {}

    def get(self, key: str) -> str:
        """Give what is remembered, or an empty text."""
        return self.values.get(key, "")

    def set(self, **values: str) -> None:
        """Remember, in one replacement of the file, keeping what others wrote meanwhile."""
        with _writing:  # steps that run at the same time end at the same time
            self.values = self._read() | self.values | values
            self.path.parent.mkdir(parents=True, exist_ok=True)
            draft = self.path.with_name(self.path.name + ".new")
            draft.write_text(json.dumps(self.values, indent=1, sort_keys=True))
            draft.replace(self.path)
