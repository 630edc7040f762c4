"""Archives: written so that equal contents make equal bytes, and read without trusting what they say of themselves."""

import hashlib
import lzma
import shutil
import stat
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO

from trafficsim.errors import UserError

MANIFEST = "manifest-sha256.txt"

LARGEST_NUMBER = 100
LARGEST_SIZE = 50 * 10**9
LARGEST_TEXT = 8 * 10**6
LARGEST_RATIO, RATIO_COUNTS_FROM = 200, 100 * 10**6
"""An archive that unpacks to more is refused: a few bytes can be made to fill a disk."""

UNREADABLE = (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, zlib.error, lzma.LZMAError)
"""What reading a file of a harmed archive may raise."""

_CHUNK = 1 << 20
_PLAIN_FILE = (stat.S_IFREG | 0o644) << 16
_BEFORE_ALL = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a ZIP archive can tell: no file has another, for equal bundles shall be equal."""


def write_archive(files: Mapping[str, Path | bytes], target: Path) -> None:
    """Write ``files`` (name -> path or content) into a ZIP archive, in the order of their names."""
    with zipfile.ZipFile(target, "w") as archive:
        for name in sorted(files):
            content = files[name]
            entry = zipfile.ZipInfo(name, _BEFORE_ALL)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, _PLAIN_FILE
            if isinstance(content, bytes):
                archive.writestr(entry, content)
                continue
            entry.file_size = content.stat().st_size  # so that zipfile knows whether it is a large one
            with content.open("rb") as source, archive.open(entry, "w") as into:
                shutil.copyfileobj(source, into, _CHUNK)


def manifest_of(sums: Mapping[str, str]) -> bytes:
    """Return the manifest for ``sums`` (name -> SHA-256), as ``sha256sum -c`` reads it."""
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)).encode()


def sum_of(content: Path | bytes) -> str:
    """Return the SHA-256 of a file or of bytes."""
    if isinstance(content, bytes):
        return hashlib.sha256(content).hexdigest()
    with content.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def opened_archive(path: Path) -> zipfile.ZipFile:
    """Open the archive at ``path``; :class:`UserError` where there is none."""
    if not path.is_file():
        raise UserError(f"There is no file '{path}'; name the archive that 'trafficsim bundle' has written.")
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as problem:
        raise UserError(f"{path} is not a ZIP archive, or it is cut short ({problem}); fetch it again.") from problem


def dangers_of(entries: Iterable[zipfile.ZipInfo]) -> list[str]:
    """Return, in sentences, why an archive with these entries must not be unpacked at all."""
    found, seen, entries = [], set(), list(entries)
    for entry in entries[:LARGEST_NUMBER]:
        name, kind = entry.filename, stat.S_IFMT(entry.external_attr >> 16)
        if _leads_outside(entry.orig_filename) or _leads_outside(name):
            found.append(f"The name {entry.orig_filename!r} leads out of the archive's own folder.")
        elif kind == stat.S_IFLNK:
            found.append(f"{name} is a symbolic link; a bundle has none.")
        elif kind not in (0, stat.S_IFREG) or entry.is_dir():
            found.append(f"{name} is no plain file.")
        if name in seen:
            found.append(f"{name} is in the archive twice.")
        if entry.flag_bits & 0x1:
            found.append(f"{name} is encrypted; a bundle is open to all.")
        if entry.file_size > RATIO_COUNTS_FROM and entry.file_size > LARGEST_RATIO * entry.compress_size:
            found.append(f"{name} would grow from {entry.compress_size:,} to {entry.file_size:,} bytes: no study does.")
        seen.add(name)
    if len(entries) > LARGEST_NUMBER:
        found.append(f"The archive has {len(entries):,} files; a bundle has a dozen.")
    size = sum(entry.file_size for entry in entries)
    if size > LARGEST_SIZE:
        found.append(f"The archive would unpack to {size:,} bytes; {LARGEST_SIZE:,} at most are unpacked.")
    return found


def _leads_outside(name: str) -> bool:
    parts = name.split("/")
    return not name.isprintable() or "\\" in name or ":" in name or name.startswith("/") or ".." in parts


def copied(archive: zipfile.ZipFile, name: str, into: IO[bytes] | None = None) -> str:
    """Return the SHA-256 of a file in the archive, copying it on the way; "" where it cannot be unpacked."""
    digest = hashlib.sha256()
    try:
        with archive.open(name) as source:
            while chunk := source.read(_CHUNK):
                digest.update(chunk)
                if into:
                    into.write(chunk)
    except UNREADABLE:
        return ""
    return digest.hexdigest()


def text_of(archive: zipfile.ZipFile, name: str) -> str | None:
    """Return a text in the archive, None where it is none or larger than any of ours."""
    if archive.getinfo(name).file_size > LARGEST_TEXT:
        return None
    try:
        return archive.read(name).decode()
    except UNREADABLE:
        return None
