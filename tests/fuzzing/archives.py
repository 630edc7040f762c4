"""Bundles as a stranger or a broken line would leave them: each a small change of one that is whole."""

import io
import json
import stat
import warnings
import zipfile
from collections.abc import Callable
from random import Random

from fuzzing.odd import NAMES, ODD

_KINDS = [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2]
Files = list[tuple[zipfile.ZipInfo, bytes]]

_PATHS = [
    "../outside", "/absolute", "C:\\absolute", "..\\outside", "a/../../outside", "folder/", "./study.sqlite",
    "study.sqlite\x00.txt", "STUDY.SQLITE", "a" * 60_000, "\u202esetilqs", "con", "~", ".", "..", "/", "",
    "study.sqlite/inside", *NAMES,
]  # fmt: skip


def changed_archive(whole: bytes, random: Random) -> tuple[bytes, str]:
    """Return a bundle changed in one to three ways, and which, in words."""
    told = []
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        files: Files = [(entry, archive.read(entry)) for entry in archive.infolist()]
    for _ in range(random.choice([0, 1, 1, 2])):
        way = random.choice(list(_OF_MEMBERS))
        told.append(f"{way}: {_OF_MEMBERS[way](files, random)}")
    content = _packed(files, random.choices(_KINDS, [30, 10, 1, 1])[0])
    if not told or random.random() < 0.3:
        way = random.choice(list(_OF_BYTES))
        content = _OF_BYTES[way](bytearray(content), random)
        told.append(way)
    return bytes(content), "; ".join(told)


def _packed(files: Files, kind: int) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", compresslevel=1) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a name that is there twice is meant
        for entry, content in files:
            new = zipfile.ZipInfo(entry.filename[:65_000], entry.date_time)
            new.external_attr, new.compress_type, new.create_system = entry.external_attr, kind, entry.create_system
            new.extra, new.comment = entry.extra, entry.comment
            archive.writestr(new, content)
    return target.getvalue()


def _name(files: Files, random: Random) -> str:
    entry, _ = random.choice(files)
    entry.filename = random.choice(_PATHS).encode("utf-8", "replace").decode()
    return repr(entry.filename[:40])


def _added(files: Files, random: Random) -> str:
    entry = zipfile.ZipInfo(random.choice(_PATHS).encode("utf-8", "replace").decode() or "x")
    files.insert(random.randrange(len(files) + 1), (entry, random.randbytes(random.choice([0, 10, 1000]))))
    return repr(entry.filename[:40])


def _link(files: Files, random: Random) -> str:
    place = random.randrange(len(files))
    kind = random.choice([stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFBLK, stat.S_IFSOCK])
    entry, _ = files[place]
    entry.external_attr = (kind | 0o777) << 16
    entry.create_system = 3
    files[place] = (entry, b"/etc/passwd")
    return f"{entry.filename[:40]} {kind:o}"


def _twice(files: Files, random: Random) -> str:
    files.append(files[random.randrange(len(files))])
    return files[-1][0].filename[:40]


def _gone(files: Files, random: Random) -> str:
    return files.pop(random.randrange(len(files)))[0].filename[:40] if len(files) > 1 else ""


def _bomb(files: Files, random: Random) -> str:
    entry = zipfile.ZipInfo(random.choice(["study.sqlite", "large", "configuration.yaml"]))
    files.append((entry, bytes(random.choice([10**6, 20 * 10**6]))))
    return entry.filename


def _many(files: Files, random: Random) -> str:
    number = random.choice([95, 500])
    files += [(zipfile.ZipInfo(f"file-{each}"), b"") for each in range(number)]
    return str(number)


def _text(files: Files, random: Random) -> str:
    """Other text in one of the files that explain: cut, doubled, odd words, deep or endless structures."""
    texts = [place for place, (entry, _) in enumerate(files) if not entry.filename.endswith(".sqlite")]
    if not texts:
        return ""
    place = random.choice(texts)
    entry, content = files[place]
    text = content.decode("utf-8", "replace")
    middle = random.randrange(len(text) + 1)
    odd = random.choice(
        [
            *ODD,
            *NAMES[:20],
            "[" * 100_000,
            "{a: " * 10_000,
            '{"a":' * 50_000,
            "&a [*a]",
            "a: &a [*a, *a]\n" * 9,
            "- " * 9_000,
        ]
    )
    text = random.choice([text[:middle], text[:middle] + odd + text[middle:], odd, text + text, odd + text])
    files[place] = (entry, text.encode("utf-8", "replace"))
    return f"{entry.filename[:40]} {odd[:20]!r}"


def _graph(files: Files, random: Random) -> str:
    """Another value somewhere in the description of the bundle."""
    for place, (entry, content) in enumerate(files):
        if entry.filename.endswith("metadata.json"):
            try:
                described = where = json.loads(content)
            except ValueError:
                return ""
            while isinstance(where, dict | list) and where:
                key = random.choice(list(where)) if isinstance(where, dict) else random.randrange(len(where))
                if random.random() < 0.3 or not isinstance(where[key], dict | list):
                    where[key] = random.choice(
                        [None, [], {}, 1, -1.5, "x", "a" * 9_999, [[]], {"@id": []}, {"@id": None}, True]
                    )
                    break
                where = where[key]
            files[place] = (entry, json.dumps(described).encode())
            return str(key)
    return ""


def _database(files: Files, random: Random) -> str:
    for place, (entry, content) in enumerate(files):
        if entry.filename == "study.sqlite" and content:
            changed = bytearray(content)
            for _ in range(random.choice([1, 20, 2_000])):
                changed[random.randrange(len(changed))] = random.randrange(256)
            files[place] = (entry, bytes(changed[: random.choice([len(changed), random.randrange(len(changed))])]))
            return "bytes"
    return ""


_OF_MEMBERS: dict[str, Callable[[Files, Random], str]] = {
    "name": _name, "added": _added, "link": _link, "twice": _twice, "gone": _gone, "bomb": _bomb, "many": _many, "text": _text,
    "graph": _graph, "database": _database,
}  # fmt: skip


def _bits(content: bytearray, random: Random) -> bytearray:
    for _ in range(random.choice([1, 4, 400])):
        content[random.randrange(len(content))] = random.randrange(256)
    return content


def _directory(content: bytearray, random: Random) -> bytearray:
    """Other sizes, flags, offsets and methods: the last bytes of an archive say where all is and how large."""
    start = max(content.find(b"PK\x01\x02"), 0)
    for _ in range(random.choice([1, 2, 6])):
        place = random.randrange(start, len(content))
        content[place : place + 1] = random.choice([b"\xff", b"\x00", b"\x01", bytes([random.randrange(256)])])
    return content


def _sizes(content: bytearray, random: Random) -> bytearray:
    """A size in the directory that is not the file's: four bytes each, at 20 (packed) and 24 (whole) of an entry."""
    starts, place = [], content.find(b"PK\x01\x02")
    while place >= 0:
        starts.append(place)
        place = content.find(b"PK\x01\x02", place + 4)
    at = random.choice(starts) + random.choice([20, 24])
    content[at : at + 4] = random.choice([0, 1, 2**31, 2**32 - 1, 2**32 - 2, 10**9]).to_bytes(4, "little")
    return content


def _cut(content: bytearray, random: Random) -> bytearray:
    return content[: random.randrange(len(content))]


def _before(content: bytearray, random: Random) -> bytearray:
    return bytearray(random.randbytes(random.choice([1, 1000]))) + content


_OF_BYTES: dict[str, Callable[[bytearray, Random], bytearray]] = {
    "bits": _bits, "directory": _directory, "sizes": _sizes, "cut": _cut, "before": _before,
}  # fmt: skip
