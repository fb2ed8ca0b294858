//! Header rows to labels.

/// The labels of the columns that a file to be corrected has in front of its own.
///
/// A file that starts with them is one that was corrected and sent back: these columns are ignored.
pub const MARKERS: [&str; 4] = ["sluice_row", "sluice_column", "sluice_code", "sluice_reason"];

/// The cells of one header row.
pub(super) type HeaderRow = Vec<String>;

/// What a column is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Label {
    /// Its cells in all header rows, joined; a cell that repeats the one above is joined once.
    pub(super) text: String,
    /// The same, where a blank cell stands for the cell on its left, as merged cells of a
    /// spreadsheet are exported.
    pub(super) filled: String,
}

/// Number of leading cells that are not the file's own: those of [`MARKERS`], or none.
pub(super) fn lead(first: &[String]) -> usize {
    let marked = first.len() >= MARKERS.len() && first.iter().zip(MARKERS).all(|(a, b)| a == b);
    if marked { MARKERS.len() } else { 0 }
}

/// The labels of the columns behind the first `lead` cells, from one or more header rows.
pub(super) fn labels(rows: &[HeaderRow], lead: usize, join: &str) -> Vec<Label> {
    let own = |row: &HeaderRow| row.get(lead..).unwrap_or_default().to_vec();
    let rows: Vec<HeaderRow> = rows.iter().map(own).collect();
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let last = rows.len().saturating_sub(1);
    let filled: Vec<HeaderRow> = rows
        .iter()
        .enumerate()
        // The lowest row is the labels' own: nothing is merged there.
        .map(|(at, row)| if at == last { row.clone() } else { fill(row, width) })
        .collect();
    (0..width)
        .map(|at| Label { text: joined(&rows, at, join), filled: joined(&filled, at, join) })
        .collect()
}

/// The row with each blank cell replaced by the one on its left.
fn fill(row: &HeaderRow, width: usize) -> HeaderRow {
    let mut left = String::new();
    (0..width)
        .map(|at| {
            if let Some(cell) = row.get(at).filter(|cell| !cell.is_empty()) {
                left.clone_from(cell);
            }
            left.clone()
        })
        .collect()
}

fn joined(rows: &[HeaderRow], at: usize, join: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for cell in rows.iter().filter_map(|row| row.get(at)) {
        if parts.last() != Some(&cell.as_str()) && !cell.is_empty() {
            parts.push(cell);
        }
    }
    parts.join(join)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> HeaderRow {
        cells.iter().map(|&cell| cell.to_owned()).collect()
    }

    #[test]
    fn one_row_is_its_labels() {
        let labels = labels(&[row(&["a", "", "a"])], 0, " ");
        let texts: Vec<_> = labels.iter().map(|label| label.text.as_str()).collect();
        assert_eq!(texts, ["a", "", "a"]);
        assert!(labels.iter().all(|label| label.text == label.filled));
    }

    #[test]
    fn rows_are_joined() {
        let labels = labels(&[row(&["fruit"]), row(&["id", "name"])], 0, "-");
        let texts: Vec<_> = labels.iter().map(|label| label.text.as_str()).collect();
        assert_eq!(texts, ["fruit-id", "name"]);
        assert_eq!(labels[1].filled, "fruit-name");
    }

    #[test]
    fn merged_cells_reach_to_the_right() {
        let rows = [row(&["size", "", "price"]), row(&["low", "high", "price"])];
        let labels = labels(&rows, 0, " ");
        let filled: Vec<_> = labels.iter().map(|label| label.filled.as_str()).collect();
        assert_eq!(filled, ["size low", "size high", "price"]);
        assert_eq!(labels[1].text, "high");
    }

    #[test]
    fn our_own_columns_are_recognised_as_a_whole() {
        let mut marked = row(&MARKERS);
        marked.push("a".to_owned());
        assert_eq!(lead(&marked), 4);
        assert_eq!(lead(&marked[..3]), 0);
        marked[1] = "x".to_owned();
        assert_eq!(lead(&marked), 0);
        let rows = [row(&["sluice_row", "c", "d", "e", "x"]), row(&["", "", "", "", "y"])];
        assert_eq!(labels(&rows, 4, "/")[0].text, "x/y");
    }
}
