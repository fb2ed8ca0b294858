"""Writes csv.json and encodings.json: what Python makes of texts and of bytes.

Run it with Python 3.11 or later; its output is the same each time. What Sluice reads otherwise, on
purpose, is left out: an escaped CRLF (here it is one line break), an escape at the end of a text (here
it is text), and characters that the WHATWG Encoding Standard takes for others (KOI8-U has two letters
more, Shift_JIS six other symbols, Big5 eleven).
"""

import csv
import io
import itertools
import json
import random
import re
from pathlib import Path

HERE = Path(__file__).parent
BITS = [",", ",", ",", ";", '"', '"', '"', "'", "\\", "\\", "\r", "\n", "\n", "\r\n", " ", " ", "a", "b", "é", "#", "\t"]
TEXTS = 12

SINGLE_BYTE = ["ascii", "latin-1", "cp866", "cp874", "cp1250", "cp1251", "cp1252", "cp1253", "cp1254",
               "cp1255", "cp1256", "cp1257", "cp1258", "iso8859-2", "iso8859-3", "iso8859-4", "iso8859-5",
               "iso8859-6", "iso8859-7", "iso8859-8", "iso8859-10", "iso8859-13", "iso8859-14", "iso8859-15",
               "iso8859-16", "koi8_r", "mac_roman", "mac_cyrillic"]

SAMPLES = {
    "id,name\n1,Grüße für €5\n": ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "gb18030"],
    "日本,東京\nかな,カナ\n": ["utf-8", "utf-16", "utf-16-le", "shift_jis", "cp932", "euc_jp", "iso2022_jp", "gb18030"],
    "中文,简体\n数据,表格\n": ["utf-8", "utf-16-be", "gb2312", "gbk", "cp936", "gb18030"],
    "中文,繁體\n資料,表格\n": ["utf-8", "big5", "cp950", "gb18030"],
    "한국,서울\n자료,표\n": ["utf-8", "euc_kr", "cp949", "gb18030"],
    "🦀,\U00020000\n": ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "gb18030"],
}


def rows(text, dialect):
    quote = dialect["quote"]
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=dialect["delimiter"],
        quotechar=quote,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        doublequote=dialect["double_quote"],
        escapechar=dialect["escape"],
        skipinitialspace=dialect["skip_initial_space"],
    )
    return list(reader)


def is_read_otherwise(text, escape):
    if escape is None:
        return False
    pairs = re.sub(re.escape(escape) + r"(?!\r\n)[\s\S]", "", text)
    return escape in pairs


def csv_goldens(random):
    names = ["delimiter", "quote", "double_quote", "escape", "skip_initial_space"]
    values = [[",", "\t"], ['"', "'", None], [True, False], [None, "\\"], [False, True]]
    for combination in itertools.product(*values):
        dialect = dict(zip(names, combination))
        found = {}
        while len(found) < TEXTS:
            text = "".join(random.choices(BITS, k=random.randint(1, 30)))
            if not is_read_otherwise(text, dialect["escape"]):
                found[text] = rows(text, dialect)
        yield {**dialect, "texts": list(found.items())}


def encoding_goldens():
    for text, labels in SAMPLES.items():
        for label in labels:
            yield {"label": label, "hex": text.encode(label).hex(), "text": text}
    for label in SINGLE_BYTE:
        known = b""
        for byte in range(256):
            byte = bytes([byte])
            known += byte if byte.decode(label, "replace") != "\ufffd" else b""
        yield {"label": label, "hex": known.hex(), "text": known.decode(label)}


def write(name, goldens):
    lines = ",\n".join(json.dumps(golden, ensure_ascii=False) for golden in goldens)
    (HERE / name).write_text(f"[\n{lines}\n]\n", encoding="utf-8")


write("csv.json", csv_goldens(random.Random(0)))
write("encodings.json", encoding_goldens())
