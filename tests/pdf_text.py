"""What a PDF of ours says, read from the file as any reader of PDF would: its pages' text, by the fonts' own tables.

Enough of PDF 1.7 (ISO 32000-1) for what Typst writes: no object streams, no encryption, fonts with two-byte codes.
"""

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
_TOKEN = re.compile(rb"/(\w+) [\d.-]+ Tf|<([0-9A-Fa-f]*)>|\(((?:[^()\\]|\\.)*)\)|\b(T[jJ*dDm]|ET)\b", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages_of(content: bytes) -> list[str]:
    """Return the text of each page, in the order of the file, lines joined."""
    objects = {int(number): body for number, body in _OBJECT.findall(content)}
    tables: dict[int, dict[int, str]] = {}
    pages = []
    for body in objects.values():
        if not re.search(rb"/Type\s*/Page\b", body):
            continue
        fonts = {}
        resources = _followed(objects, body, b"Resources")
        for name, number in re.findall(rb"/(\w+) (\d+) 0 R", re.findall(rb"/Font<<(.*?)>>", resources, re.DOTALL)[0]):
            unicode = int(re.findall(rb"/ToUnicode (\d+) 0 R", objects[int(number)])[0])
            tables.setdefault(unicode, _table(_stream(objects[unicode])))
            fonts[name] = tables[unicode]
        pages.append(_text(_stream(_followed(objects, body, b"Contents")), fonts))
    return pages


def _followed(objects: dict[int, bytes], body: bytes, key: bytes) -> bytes:
    found = re.findall(rb"/%s (\d+) 0 R" % key, body)
    return objects[int(found[0])]


def _stream(body: bytes) -> bytes:
    begin = re.search(rb"stream\r?\n", body)
    assert begin
    raw = body[begin.end() : body.rindex(b"endstream")]
    return zlib.decompressobj().decompress(raw) if b"/FlateDecode" in body[: begin.start()] else raw


def _table(cmap: bytes) -> dict[int, str]:
    """Return the letters of a font by their codes."""
    table = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, letters in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            table[int(code, 16)] = bytes.fromhex(letters.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for low, high, letters in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            first = int(letters, 16)
            table |= {code: chr(first + code - int(low, 16)) for code in range(int(low, 16), int(high, 16) + 1)}
    return table


def _text(stream: bytes, fonts: dict[bytes, dict[int, str]]) -> str:
    parts: list[str] = []
    font: dict[int, str] = {}
    for name, in_hex, literal, operator in _TOKEN.findall(stream):
        if name:
            font = fonts[name]
        elif operator == b"ET":
            parts.append("")
        elif not operator:
            codes = bytes.fromhex(in_hex.decode()) if in_hex else _unescaped(literal)
            parts.append("".join(font.get(int.from_bytes(codes[at : at + 2]), "") for at in range(0, len(codes), 2)))
    return "".join(parts)


def _unescaped(literal: bytes) -> bytes:
    def one(found: re.Match[bytes]) -> bytes:
        sign = found[1]
        return bytes([int(sign, 8)]) if sign.isdigit() else _ESCAPED.get(sign, sign)

    return re.sub(rb"\\([0-7]{1,3}|.)", one, literal, flags=re.DOTALL)
