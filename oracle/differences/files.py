"""Differences in what is said of a file, and in what the reference must be told."""

from case import Case, strict_error
from differences.model import Difference
from result import Result

LABELS = {"missing-label", "extra-label", "incorrect-label", "blank-label", "duplicate-label"}


def unclosed_quote(case: Case, ours: Result, theirs: Result) -> bool:
    return (
        ours.kind == "refused" and theirs.kind == "rows" and strict_error(case.text, case) == "unexpected end of data"
    )


def empty(case: Case, ours: Result, theirs: Result) -> bool:
    return ours.kind == "refused" and theirs.codes == ("source-error",) and case.raw is None and not case.text


def blank_header(case: Case, ours: Result, theirs: Result) -> bool:
    return (
        ours.kind == "refused"
        and ours.codes == ("blank-header",)
        and theirs.kind == "rows"
        and not "".join(header(case)).strip()
    )


def labels_by_name(case: Case, ours: Result, theirs: Result) -> bool:
    """Both find the labels wrong, in order; which are is told otherwise."""
    exact = case.schema.get("fieldsMatch", "exact") == "exact"
    return (
        exact
        and ours.kind == theirs.kind == "refused"
        and set(ours.codes) != set(theirs.codes)
        and bool(ours.codes)
        and set(ours.codes) | set(theirs.codes) <= LABELS
    )


def spaces_of_labels(case: Case, ours: Result, theirs: Result) -> bool:
    return {ours.kind, theirs.kind} <= {"refused", "rows"} and any(
        label != label.strip() and case.field_of(label.strip()) for label in header(case)
    )


def header(case: Case) -> tuple[str, ...]:
    at = case.dialect.get("headerRows", [1])[0]
    return case.records[at - 1].cells if case.of("header") and len(case.records) >= at else ()


def signalling(case: Case, ours: Result, theirs: Result) -> bool:
    return (
        theirs.kind == "crash"
        and ("signaling" in theirs.note or "InvalidOperation" in theirs.note)
        and "snan" in case.text.lower()
    )


def escaped_crlf(case: Case, ours: Result, theirs: Result) -> bool:
    escape = case.of("escapeChar")
    return bool(escape) and ours.kind == theirs.kind == "rows" and escape + "\r\n" in case.text


def other_delimiter(case: Case, ours: Result, theirs: Result) -> bool:
    return ours.codes == ("wrong-delimiter",) and theirs.kind == "refused" and len(header(case)) == 1


def more_than_duplicates(case: Case, ours: Result, theirs: Result) -> bool:
    return theirs.codes == ("duplicate-label",) and ours.kind == "refused" and "duplicate-label" in ours.codes


def blank_label(case: Case, ours: Result, theirs: Result) -> bool:
    """By name, a column without a label is one that no field can have."""
    renamed = {"extra-label" if code == "blank-label" else code for code in ours.codes}
    return (
        ours.kind == theirs.kind == "refused"
        and "blank-label" in ours.codes
        and renamed == set(theirs.codes)
        and "" in header(case)
    )


DIFFERENCES = (
    Difference(
        "unclosed-quote",
        "a quote that is never closed",
        "the file is refused",
        "reads to the end of the file",
        "Everything behind the quote would be one cell.",
        unclosed_quote,
    ),
    Difference(
        "empty-file",
        "a file of no bytes",
        "empty-file",
        "source-error",
        "The reference has no code of its own for it.",
        empty,
    ),
    Difference(
        "blank-header",
        "a header without a label",
        "blank-header",
        "takes the fields as they come",
        "A file whose header is lost may have lost more.",
        blank_header,
    ),
    Difference(
        "labels-by-name",
        "labels that are not those of the fields, in order",
        "told by name: one that is missing in the middle is one fault",
        "told by place: every column behind it is incorrect-label too",
        "A fault for each column says nothing of what is wrong.",
        labels_by_name,
    ),
    Difference(
        "label-spaces",
        "a label with spaces around it",
        "another label",
        "the spaces are dropped",
        "Labels match exactly, as the standard says.",
        spaces_of_labels,
    ),
    Difference(
        "wrong-delimiter",
        "a single label with another delimiter in it",
        "wrong-delimiter",
        "missing-label and incorrect-label",
        "It is the likely reason.",
        other_delimiter,
    ),
    Difference(
        "all-label-faults",
        "a duplicate label, where fields match by name",
        "all faults of the header",
        "duplicate-label alone",
        "One round of corrections is enough.",
        more_than_duplicates,
    ),
    Difference(
        "blank-label",
        "a column without a label, where fields match by name",
        "blank-label",
        "extra-label",
        "An empty name is a fault of its own.",
        blank_label,
    ),
    Difference(
        "escaped-crlf",
        "an escapeChar before CRLF",
        "the line break is a part of the cell",
        "CR is, and LF ends the record",
        "CRLF is one line break.",
        escaped_crlf,
    ),
    Difference(
        "signalling-nan",
        "`sNaN` under a bound or in a key",
        "type-error",
        "dies",
        "Python cannot compare or hash it.",
        signalling,
    ),
    Difference(
        "zones-and-bounds",
        "bounds of instants, some with an offset and some without",
        "compares in UTC",
        "is not told; the oracle compares for itself",
        "Python cannot compare one with the other.",
    ),
    Difference(
        "delimiter-characters",
        "a delimiter of several characters",
        "reads it",
        "is told a private character for it",
        "Python's csv module has one-character delimiters.",
    ),
    Difference(
        "no-quote",
        'quoteChar `""`',
        "no cell is quoted",
        "is told a private character for it",
        "The reference dies of an empty quoteChar.",
    ),
    Difference(
        "line-terminator",
        "a lineTerminator other than CR, LF, CRLF",
        "reads it; CR and LF are data",
        "is told LF for it, and private characters for CR and LF",
        "Python's csv module always ends records at CR and LF.",
    ),
    Difference(
        "null-sequence",
        "nullSequence",
        "null",
        "is told one more missing value",
        "The reference does not read the property.",
    ),
    Difference(
        "comment-text",
        "comments with quotes in them, and quoted cells that start with the mark",
        "a comment is told by the text of its line, and ends with it",
        "is shown the file without its comments",
        "The reference looks for the mark behind the quotes, so that a quote in a comment can swallow lines.",
    ),
    Difference(
        "comment-before-header",
        "a comment where the header should be",
        "the header is the next row",
        "is told that row",
        "The reference takes the header for a row of data.",
    ),
    Difference(
        "aliases",
        "our own property `aliases`",
        "an alias is the field's label too",
        "is shown the name",
        "The reference does not know the property.",
    ),
    Difference(
        "categories",
        "categories",
        "a value is one of them",
        "is told an enum",
        "The reference does not know the property.",
    ),
    Difference(
        "json-schema",
        "jsonSchema",
        "a value satisfies it",
        "is not told; the `jsonschema` package is asked",
        "The reference does not know the constraint.",
    ),
    Difference(
        "unique-keys",
        "uniqueKeys",
        "unique-error",
        "is not told; the oracle looks for itself",
        "The reference does not know the property.",
    ),
    Difference(
        "zstd",
        "a file compressed with zstd",
        "reads it",
        "is shown the inflated file",
        "The reference inflates gzip, not zstd.",
    ),
)
