"""English prose out of Debian packages: novels of R's data files, manuals, books and dictionaries, without markup and code."""

import gzip
import html
import re
import struct
import subprocess
import tempfile
import zlib
from pathlib import Path

LEAST = 80  # characters of a paragraph
COMMON = set("the of and to a in is that for it with as be on this are or by from not an at which can if you was his her".split())
COMMON_SHARE, LETTER_SHARE = 0.2, 0.85  # of a paragraph's words, of its characters
DROPPED = re.compile(r"<(script|style|pre|head|nav|svg|math)\b.*?</\1\s*>|<!--.*?-->", re.I | re.S)
BREAK = re.compile(r"</?(p|div|li|[uod]l|d[dt]|t[dhr]|table|h\d|br|hr|section|article|aside|blockquote|page|title|item)\b[^>]*>", re.I)
TAG = re.compile(r"<[^>]*>")
POD = re.compile(r"\b[A-Z]<+\s*(?:[^<>|]*\|)?([^<>]*?)\s*>+")
WEB = (".html", ".htm", ".xhtml", ".page")
PLAIN = (".txt", ".pod", ".dict.dz")
SOURCE = ".rst.txt"  # of pages that are there too


def strings_of(serialised):
    """The texts (CHARSXP of an R serialisation, XDR) in the order in which they stand."""
    texts, at = [], 0
    while at + 8 <= len(serialised):
        flags, length = struct.unpack_from(">II", serialised, at)
        if flags & 0xFF == 9 and length < 4096 and at + 8 + length <= len(serialised):
            texts.append(serialised[at + 8 : at + 8 + length].decode("utf-8", "replace"))
            at += 8 + length
        else:
            at += 4 if flags & 0xFF != 9 or length == 0xFFFFFFFF else 1
    return texts


def vectors_of(database):
    """The texts of an Rdata.rdb, one for each vector of lines."""
    at = 0
    while at < len(database):
        start = database.index(b"\x78", at + 4)
        stream = zlib.decompressobj()
        lines = strings_of(stream.decompress(database[start:]))
        at = len(database) - len(stream.unused_data)
        yield "\n".join(lines)


def unpacked(deb, scratch):
    """The files of a Debian package, by path."""
    subprocess.run(["dpkg", "-x", deb, scratch], check=True)
    return sorted(path for path in Path(scratch).rglob("*") if path.is_file() and not path.is_symlink())


def novels(deb):
    """The texts of a Debian package's Rdata.rdb that are as long as a novel."""
    with tempfile.TemporaryDirectory() as scratch:
        data = next(path.read_bytes() for path in unpacked(deb, scratch) if path.name == "Rdata.rdb")
    return [text for text in vectors_of(data) if len(text) > 100_000]


def is_prose(paragraph):
    words = re.findall(r"[a-z']+", paragraph.lower())
    common = sum(word in COMMON for word in words)
    letters = sum(map(len, re.findall(r"[A-Za-z ]+", paragraph)))
    return len(paragraph) >= LEAST and common >= COMMON_SHARE * len(words) and letters >= LETTER_SHARE * len(paragraph)


def text_of(path):
    """What a file has for text, paragraphs parted by empty lines; nothing where it is of another kind."""
    name = path.name.removesuffix(".gz")
    if name == "Rdata.rdb":
        return "\n\n".join(vectors_of(path.read_bytes()))
    if not name.endswith(WEB + PLAIN) or name.endswith(SOURCE):
        return ""
    data = path.read_bytes()
    text = (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data).decode("utf-8", "replace")
    if name.endswith(WEB):
        text = html.unescape(TAG.sub("", BREAK.sub("\n\n", DROPPED.sub("\n\n", text.replace("\n\n", "\n")))))
    return POD.sub(r"\1", text) if name.endswith(".pod") else text


def documents(deb):
    """The prose of each file of a package, as a list of paragraphs."""
    with tempfile.TemporaryDirectory() as scratch:
        parts = [re.split(r"\n\s*\n", text_of(path)) for path in unpacked(deb, scratch)]
    return [[line for part in of_file if is_prose(line := " ".join(part.split()))] for of_file in parts]
