//! Dialects: how the text of a file becomes records, and which of them are data.
//!
//! Invariant: no two marks of a grammar that comes from here have a character in common, so that
//! records do not depend on how a file is cut.

use std::collections::BTreeSet;

use super::error::{ContractError, Problem};
use super::node::Node;
use crate::csv::{Grammar, Terminator};

/// How a text becomes records, and which of them are data. Rows are counted from 1, and every record
/// is one: blank lines and comments too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// The characters that mean something.
    pub grammar: Grammar,
    /// The rows that hold the labels, in order; none without a header. Unless they are declared, it is
    /// the first that is none of [`Dialect::comment_rows`]. Where one of them turns out to be a comment,
    /// the labels are behind it.
    pub header_rows: Vec<u64>,
    /// What stands between the labels of one column, if several rows hold them.
    pub header_join: String,
    /// Rows that are no data, whatever they hold.
    pub comment_rows: BTreeSet<u64>,
    /// The text of a cell that stands for null, in every column.
    pub null_sequence: Option<String>,
}

impl Default for Dialect {
    /// RFC 4180 with the labels in row 1.
    fn default() -> Self {
        Dialect {
            grammar: Grammar::default(),
            header_rows: vec![1],
            header_join: " ".to_owned(),
            comment_rows: BTreeSet::new(),
            null_sequence: None,
        }
    }
}

/// What may stand in a dialect or, as frictionless has it, under `csv` in it.
const CSV_PROPERTIES: &[&str] = &[
    "delimiter",
    "doubleQuote",
    "escapeChar",
    "lineTerminator",
    "nullSequence",
    "quoteChar",
    "skipInitialSpace",
];

/// `caseSensitiveHeader` and `csvddfVersion` are of version 1, which tools still write out with
/// their defaults; version 2 has dropped them.
const PROPERTIES: &[&str] = &[
    "$schema",
    "caseSensitiveHeader",
    "commentChar",
    "commentRows",
    "csv",
    "csvddfVersion",
    "description",
    "header",
    "headerJoin",
    "headerRows",
    "name",
    "title",
];

/// The dialect that `node` describes, or the default one; `default_delimiter` is that of the
/// resource's format.
pub(super) fn dialect(
    node: Option<&Node<'_>>,
    default_delimiter: &str,
) -> Result<Dialect, ContractError> {
    let default = Dialect::default();
    let Some(node) = node else {
        let delimiter = default_delimiter.to_owned();
        return Ok(Dialect { grammar: Grammar { delimiter, ..default.grammar }, ..default });
    };
    let properties = Properties::new(node)?;
    node.flag("caseSensitiveHeader", true)?;
    let header = node.flag("header", true)?;
    let declared = node.get("headerRows")?.map(|list| header_rows(&list, header)).transpose()?;
    let comment_rows = comment_rows(node, declared.as_deref().unwrap_or_default())?;
    let join = node.get("headerJoin")?.map(|join| join.as_text().map(str::to_owned)).transpose()?;
    Ok(Dialect {
        grammar: grammar(&properties, default_delimiter)?,
        header_rows: declared.unwrap_or_else(|| default_header_rows(header, &comment_rows)),
        header_join: join.unwrap_or(default.header_join),
        comment_rows,
        null_sequence: properties.text("nullSequence")?.map(|(_, text)| text.to_owned()),
    })
}

/// The properties of a dialect and of its `csv`.
struct Properties<'n, 'a> {
    dialect: &'n Node<'a>,
    csv: Option<Node<'a>>,
}

impl<'n, 'a> Properties<'n, 'a> {
    fn new(dialect: &'n Node<'a>) -> Result<Self, ContractError> {
        dialect.only(&[PROPERTIES, CSV_PROPERTIES].concat())?;
        let csv = dialect.get("csv")?;
        if let Some(csv) = &csv {
            csv.only(CSV_PROPERTIES)?;
            for (name, twice) in csv.entries()? {
                if dialect.get(name)?.is_some() {
                    return Err(twice.error(Problem::Taken(name.to_owned())));
                }
            }
        }
        Ok(Properties { dialect, csv })
    }

    fn get(&self, name: &str) -> Result<Option<Node<'a>>, ContractError> {
        match (self.dialect.get(name)?, &self.csv) {
            (None, Some(csv)) => csv.get(name),
            (found, _) => Ok(found),
        }
    }

    /// The text of a property that may be null, which is as if it were not there.
    fn text(&self, name: &str) -> Result<Option<(Node<'a>, &'a str)>, ContractError> {
        let found = self.get(name)?.filter(|node| !node.is_null());
        found.map(|node| node.as_text().map(|text| (node, text))).transpose()
    }

    /// The text of a property that must hold a character if it is there.
    fn characters(&self, name: &str) -> Result<Option<String>, ContractError> {
        match self.text(name)? {
            Some((node, "")) => Err(node.error(Problem::Expected("at least one character"))),
            found => Ok(found.map(|(_, text)| text.to_owned())),
        }
    }

    fn flag(&self, name: &str, default: bool) -> Result<bool, ContractError> {
        self.get(name)?.map_or(Ok(default), |flag| flag.as_bool())
    }
}

fn grammar(from: &Properties<'_, '_>, default_delimiter: &str) -> Result<Grammar, ContractError> {
    let default = Grammar::default();
    let delimiter = from.characters("delimiter")?;
    let quote = match from.get("quoteChar")? {
        None => default.quote,
        Some(_) => match from.text("quoteChar")? {
            None | Some((_, "")) => None,
            Some((node, _)) => Some(node.as_char()?),
        },
    };
    let escape = from.text("escapeChar")?.map(|(node, _)| node.as_char()).transpose()?;
    let grammar = Grammar {
        delimiter: delimiter.unwrap_or_else(|| default_delimiter.to_owned()),
        quote,
        double_quote: from.flag("doubleQuote", default.double_quote)?,
        escape,
        terminator: from.characters("lineTerminator")?.map_or(default.terminator, terminator),
        skip_initial_space: from.flag("skipInitialSpace", default.skip_initial_space)?,
        comment: from.characters("commentChar")?,
    };
    check_marks(&grammar, from)?;
    Ok(grammar)
}

/// Partners who declare one line break send any of them.
fn terminator(text: String) -> Terminator {
    match text.as_str() {
        "\r\n" | "\n" | "\r" => Terminator::Conventional,
        _ => Terminator::Exact(text),
    }
}

fn check_marks(grammar: &Grammar, from: &Properties<'_, '_>) -> Result<(), ContractError> {
    let character = |c: Option<char>| c.map(String::from).unwrap_or_default();
    let terminator = match &grammar.terminator {
        Terminator::Conventional => "\r\n",
        Terminator::Exact(exact) => exact,
    };
    let marks = [
        ("delimiter", grammar.delimiter.clone()),
        ("quoteChar", character(grammar.quote)),
        ("escapeChar", character(grammar.escape)),
        ("lineTerminator", terminator.to_owned()),
    ];
    for (at, (name, mark)) in marks.iter().enumerate() {
        let spaced = grammar.skip_initial_space && mark.starts_with(' ');
        if spaced && *name != "lineTerminator" {
            return Err(blame(from, &["skipInitialSpace"], "false, as a mark starts with a space"));
        }
        for (other, earlier) in marks.iter().take(at) {
            if earlier.contains(|c| mark.contains(c)) {
                return Err(blame(from, &[name, other], CLASH));
            }
        }
    }
    let comment = grammar.comment.as_deref().unwrap_or_default();
    let starts_with = |mark: &str| comment.starts_with(|c| mark.contains(c));
    if comment.contains(|c| terminator.contains(c))
        || marks.iter().any(|(_, mark)| starts_with(mark))
    {
        return Err(blame(from, &["commentChar"], COMMENT_CLASH));
    }
    Ok(())
}

const CLASH: &str =
    "a delimiter, a quote, an escape and a line terminator without a character in common";

const COMMENT_CLASH: &str =
    "a comment mark without a line terminator in it, and without another mark at its start";

/// An error at the first of the properties `names` that is declared.
fn blame(from: &Properties<'_, '_>, names: &[&str], expected: &'static str) -> ContractError {
    let declared = names.iter().find_map(|name| from.get(name).ok().flatten());
    declared.as_ref().unwrap_or(from.dialect).error(Problem::Expected(expected))
}

fn header_rows(list: &Node<'_>, header: bool) -> Result<Vec<u64>, ContractError> {
    let rows: BTreeSet<u64> = rows(list)?.into_iter().map(|(_, row)| row).collect();
    match (header, rows.is_empty()) {
        (false, false) => Err(list.error(Problem::Expected("no rows, as there is no header"))),
        (true, true) => Err(list.error(Problem::Empty)),
        _ => Ok(rows.into_iter().collect()),
    }
}

/// The first row that is no comment, as frictionless has it.
fn default_header_rows(header: bool, comment_rows: &BTreeSet<u64>) -> Vec<u64> {
    let mut rows = 1..=comment_rows.len() as u64 + 1;
    let first = rows.find(|row| !comment_rows.contains(row));
    first.into_iter().filter(|_| header).collect()
}

fn comment_rows(node: &Node<'_>, header_rows: &[u64]) -> Result<BTreeSet<u64>, ContractError> {
    let Some(list) = node.get("commentRows")? else { return Ok(BTreeSet::new()) };
    let rows = rows(&list)?;
    match rows.iter().find(|(_, row)| header_rows.contains(row)) {
        Some((both, _)) => Err(both.error(Problem::Expected("a row that is not of the header"))),
        None => Ok(rows.into_iter().map(|(_, row)| row).collect()),
    }
}

/// Row numbers, each with its place; none may stand there twice.
fn rows<'a>(list: &Node<'a>) -> Result<Vec<(Node<'a>, u64)>, ContractError> {
    let mut seen = BTreeSet::new();
    let mut rows = Vec::new();
    for item in list.items()? {
        let row = item.as_row()?;
        if !seen.insert(row) {
            return Err(item.error(Problem::Taken(row.to_string())));
        }
        rows.push((item, row));
    }
    Ok(rows)
}

#[cfg(test)]
mod tests;
