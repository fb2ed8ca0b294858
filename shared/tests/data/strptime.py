"""What Python's own `datetime.strptime` reads, as `strptime.csv`: python strptime.py > strptime.csv

Run in UTC without a locale. A value is in days or microseconds as the readers of `shared::cell` have it;
an empty one says that Python refuses the text. Where Python goes on into the next year or reads digits of
other scripts, the readers are stricter: such texts are left out here and have a test of their own.
"""

import csv
import random
import sys
from datetime import date, datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = timedelta(microseconds=1)
DATES = [
    "%Y-%m-%d", "%d/%m/%Y", "%m/%d/%y", "%d.%m.%y", "%Y%m%d", "%d%m%Y", "%y%m%d", "%d %b %Y", "%B %d, %Y",
    "%a %d %b %y", "%A, %d. %B %Y", "%Y-%j", "%y%j", "%G-W%V-%u", "%G %V %a", "%Y %W %A", "%y/%U/%w", "%Y",
    "%Y-%m", "%b-%y", "%x", "%d\t%m  %Y", " %d%m%y ", "%d%b%Y", "[%d|%m|%Y]", "100%% %Y.%m.%d", "%Y年%m月%d日",
    "T%m/%dÉ%Y",
]
TIMES = [
    "%H:%M:%S", "%H:%M", "%H%M", "%H%M%S", "%I:%M %p", "%I%p", "%H:%M:%S.%f", "%S.%f", "%H h %M", "%X", "%M:%S",
    "%f%H", "%p %I.%M.%S", "%H%M%S%f",
]
DATETIMES = [
    "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M:%S.%f%z",
    "%d/%m/%y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%c", "%a, %d %b %Y %H:%M:%S %z", "%d.%m.%Y %H:%M %Z", "%x %X",
    "%Y%m%dT%H%M%S%z", "%Y-%m-%d", "%Y-%j %H:%M %z", "%z %Y%m%d%H", "%G-W%V-%uT%H:%M", "%d %b %Y %H:%M:%S %Z%z",
]
PIECES = [
    "1", "01", "12", "13", "31", "32", "00", "0", "7", "29", "02", "2013", "1969", "2000", "99", "68", "69", "366",
    "60", "59", "61", "24", "23", "-", "/", ".", ":", " ", "  ", "\t", "\u00a0", "T", "t", "Z", "z", "+01:00", "-0530",
    "+00", "+24:00", "+23:59:59.999999", "-00:00:30", "+010203", "+01:0203", "+0102:03", "utc", "GMT", "CET", "am",
    "PM", "Jan", "jan", "MAY", "may", "May", "February", "sept", "Mon", "tuesday", "W", "W01", "W53", "", "x", "日",
    "é", "É", "%", "000001", "123456", "1234567", "5",
]


def moments(rng):
    yield from (
        datetime(y, m, d, *clock)
        for y in (1, 1968, 1969, 2000, 2013, 9999)
        for m, d in ((1, 1), (3, 31), (11, 9), (12, 31))
        for clock in ((0, 0, 0, 0), (12, 5, 9, 120000))
    )
    for _ in range(12):
        yield datetime(1, 1, 1) + timedelta(microseconds=rng.randrange(315537897599999999))


def write(moment, pattern, rng):
    """`strftime` with variations: no leading zeros, other letter cases, more whitespace, offsets."""
    zone = rng.choice(["Z", "+0000", "+01:00", "-0530", "+05:45", "-00:00:30", "+14:00:00.5", "z", "+1:00", "-2359"])
    name = rng.choice(["UTC", "gmt", "Gmt", "CET", ""])
    text = moment.replace(year=max(moment.year, 1000)).strftime(
        pattern.replace("%z", "\x01").replace("%Z", "\x02").replace("%Y", f"{moment.year:04}")
    )
    text = text.replace("\x01", zone).replace("\x02", name)
    change = rng.randrange(9)
    if change == 0:
        text = text.upper()
    elif change == 1:
        text = text.lower()
    elif change == 2:
        text = text.replace(" ", rng.choice(["  ", "\t", "\u00a0 ", ""]))
    elif change == 3:
        text = text.replace("0", "", 1)
    elif change == 4:
        text = text.replace("0", " ", 1)
    elif change == 5:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(PIECES) + text[at:]
    elif change == 6:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + text[at + 1 :]
    return text


def read(kind, text, pattern):
    try:
        found = datetime.strptime(text, pattern)
    except ValueError:
        return ""
    if kind == "date":
        return (found.date() - date(1970, 1, 1)).days
    if kind == "time":
        return (found - datetime.combine(found.date(), datetime.min.time())) // MICROSECOND
    found = found if found.tzinfo else found.replace(tzinfo=timezone.utc)
    micros = (found - EPOCH) // MICROSECOND
    least, most = (datetime.min - datetime(1970, 1, 1)), (datetime.max - datetime(1970, 1, 1))
    return micros if least // MICROSECOND <= micros <= most // MICROSECOND else ""


def stricter(text, pattern, value):
    """Whether only Python takes it."""
    if value == "":
        return False
    found = datetime.strptime(text, pattern)
    if "%j" in pattern and "366" in text and found.timetuple().tm_yday == 1:
        return True
    if "%V" in pattern:
        year, week, _ = found.isocalendar()
        return f"{year:04}" not in text or (f"W{week:02}" not in text.upper() and f" {week}" not in text
                                            and f" {week:02}" not in text and f"W{week}" not in text.upper())
    return False


def main():
    rng = random.Random(1)
    rows = set()
    for kind, patterns in (("date", DATES), ("time", TIMES), ("datetime", DATETIMES)):
        for pattern in patterns:
            texts = {write(moment, pattern, rng) for moment in moments(rng)}
            texts |= {"".join(rng.choices(PIECES, k=rng.randint(1, 7))) for _ in range(8)}
            texts |= {"".join(rng.choices("0123456789 ", k=rng.randint(1, 9))) for _ in range(12)}
            for text in texts:
                value = read(kind, text, pattern)
                if not stricter(text, pattern, value):
                    rows.add((kind, pattern, text, value))
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["type", "pattern", "text", "value"])
    writer.writerows(sorted(rows, key=str))


main()
