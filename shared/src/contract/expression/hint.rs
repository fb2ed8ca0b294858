//! The column that may be meant by a name that no column has.

use super::ExpressionProblem;
use crate::contract::Column;

/// There is no column `name`.
pub(super) fn no_column(name: &str, columns: &[Column]) -> ExpressionProblem {
    ExpressionProblem::NoColumn { name: name.to_owned(), hint: of(name, columns) }
}

/// What may be meant by a name; empty if nothing is near to it.
pub(super) fn of(name: &str, columns: &[Column]) -> String {
    let near = near(name, columns);
    near.map_or_else(String::new, |near| {
        let is_other_case = near != name && near.to_lowercase() == name.to_lowercase();
        let how = if is_other_case { "other letter case" } else { "double quotes" };
        format!("; did you mean `{near}`, in {how}?")
    })
}

/// A column of that name in other letter case, or one whose name has it as one of its words.
fn near<'c>(name: &str, columns: &'c [Column]) -> Option<&'c str> {
    let name = name.to_lowercase();
    let names = || columns.iter().map(|column| &*column.name);
    let has_word = |other: &str| {
        let other = other.to_lowercase();
        other.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name)
    };
    names()
        .find(|other| other.to_lowercase() == name)
        .or_else(|| names().find(|&name| has_word(name)))
}
