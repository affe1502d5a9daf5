"""Bytes -> readable characters: character sets, and refusal of what is no text at all."""

import re

from index.errors import RefusedError

_SIGNATURES = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive or an office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\x00", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x89PNG\r\n", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"RIFF", "a RIFF file (WebP, WAV or AVI)"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\x00", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old office document"),
    (b"{\\rtf", "an RTF document"),
    (b"ID3", "an MP3 recording"),
    (b"PAR1", "a Parquet table"),
)
_WORDS = (b"BZh", b"GIF8", b"RIFF", b"ID3", b"PAR1")  # signatures that a sentence may begin with
_BYTE_ORDER_MARKS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_DECLARED = re.compile(rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.I)
_NOT_IN_TEXT = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f]")
_SET_SAMPLE = 65_536
_COMMON_SETS = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)
_NEAR = 0.02
_AS_BROWSERS_DO = {  # what pages declare -> what is read: the labels of encoding.spec.whatwg.org
    **dict.fromkeys(("iso-8859-1", "iso8859-1", "latin1", "latin-1", "us-ascii", "ascii"), "cp1252"),
    **{"iso-8859-9": "cp1254", "gb2312": "gb18030", "gbk": "gb18030", "euc-kr": "cp949", "tis-620": "cp874"},
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis"), "cp932"),
}

_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff]")
_BREAK = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def readable(text: str) -> str:
    """`text` with every line break as one newline, without control characters and byte order marks.

    A lone surrogate becomes U+FFFD, so the result can always be encoded to UTF-8. Words are not normalised.
    """
    return _SURROGATE.sub("\ufffd", _CONTROL.sub("", _BREAK.sub("\n", text)))


def has_wide_mark(data: bytes) -> bool:
    """Whether the bytes start with the mark of UTF-16 or UTF-32, where a newline is no single byte."""
    return data.startswith(tuple(mark for mark, _ in _BYTE_ORDER_MARKS))


def decode(data: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 or UTF-32 by its mark, a declared HTML character set, else the likeliest one.

    Raises RefusedError for an empty file, for binary data (named by its signature) and for no known character set.
    """
    if not data.strip():
        raise RefusedError("the file is empty; give one with text")
    for signature, kind in _SIGNATURES:
        if data.startswith(signature) and not (signature in _WORDS and _is_text(data)):
            raise RefusedError(
                f"the file seems to be {kind}, not text; convert it to text, Markdown, HTML or JSON Lines"
            )
    for mark, charset in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _strictly(data, charset)
    if b"\x00" in data:
        raise RefusedError("the file holds NUL bytes, so it seems to be binary; give a text file, best in UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decode_other(data)


def _is_text(data: bytes) -> bool:
    """Whether the start of the data is UTF-8 without control characters."""
    sample = data[:_SET_SAMPLE]
    return not _NOT_IN_TEXT.search(sample) and "\ufffd" not in sample[:-3].decode("utf-8", "replace").rstrip("\ufffd")


def _strictly(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset)
    except UnicodeDecodeError as error:
        raise RefusedError(f"the file is not valid {charset.upper()} at byte {error.start}; save it as UTF-8") from None


def _decode_other(data: bytes) -> str:
    if len(_NOT_IN_TEXT.findall(data, 0, _SET_SAMPLE)) > min(len(data), _SET_SAMPLE) // 100:
        raise RefusedError(
            "the file holds control characters, so it seems to be binary; give a text file, best in UTF-8"
        )
    damaged = data.decode("utf-8", "replace")
    if damaged.count("\ufffd") * 4 < sum(1 for c in damaged if c > "\x7f"):
        return damaged
    declared = _DECLARED.search(data, 0, 4096)
    charset = declared[1].decode("ascii") if declared else _likeliest(data[:_SET_SAMPLE])
    try:
        return data.decode(_AS_BROWSERS_DO.get(charset.lower(), charset), "replace")
    except (LookupError, UnicodeError):
        raise RefusedError(f"the declared character set {charset!r} cannot be read; save the file as UTF-8") from None


def _likeliest(sample: bytes) -> str:
    """The best by charset-normalizer's measures; cp1252 (and with it Latin-1) where none is clearly better."""
    import charset_normalizer

    matches = charset_normalizer.from_bytes(sample, cp_isolation=list(_COMMON_SETS))
    best = matches.best()
    if best is None:
        raise RefusedError("the file is in no character set known here; save it as UTF-8")
    for match in matches:
        if match.encoding == "cp1252" and match.chaos <= best.chaos and match.coherence >= best.coherence - _NEAR:
            return "cp1252"
    return best.encoding
