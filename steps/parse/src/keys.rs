//! Keys: which rows the whole file shows to repeat one.

use shared::contract::{Contract, Key};
use shared::csv::Cell;
use shared::fault::{Fault, FaultLog, KeyFault, KeyFaultReader, Kind, LogError, clipped};
use shared::header::Layout;
use shared::rows::Rows;
use shared::table::TypedRows;

/// Puts what is known of the keys of a chunk beside its rows.
#[derive(Debug)]
pub(crate) struct KeyFaults<'a> {
    keys: &'a [Key],
    layout: &'a Layout,
    log: KeyFaultReader,
    /// Those of the rows of the batch.
    found: FaultLog,
}

impl<'a> KeyFaults<'a> {
    pub(crate) fn new(contract: &'a Contract, layout: &'a Layout) -> Self {
        KeyFaults {
            keys: &contract.input.schema.keys,
            layout,
            log: KeyFaultReader::default(),
            found: FaultLog::default(),
        }
    }

    /// Takes the next bytes of the log.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.log.push(piece);
    }

    /// Row number of the last fault that has arrived; 0 before the first.
    pub(crate) fn last_row(&self) -> u64 {
        self.log.last_row()
    }

    /// The end of the log.
    pub(crate) fn finish(&self) -> Result<(), LogError> {
        self.log.finish()
    }

    /// Behind the last row: a fault that no row has met would be a row that is published.
    pub(crate) fn check_read(&self) -> Result<(), LogError> {
        if self.log.is_read() { Ok(()) } else { Err(LogError::NO_ROW) }
    }

    /// Reads the faults of the next rows, which have the texts of the keys.
    pub(crate) fn read(&mut self, rows: &Rows<'_>) -> Result<(), LogError> {
        let Some(last) = rows.positions().last() else { return Ok(()) };
        while let Some(fault) = self.log.read_to(last.row_number) {
            self.note(&fault, rows).ok_or(LogError::NO_ROW)?;
        }
        Ok(())
    }

    fn note(&mut self, fault: &KeyFault, rows: &Rows<'_>) -> Option<()> {
        let &KeyFault { row_number, key, first_row } = fault;
        let positions = rows.positions();
        let row = positions.binary_search_by_key(&row_number, |at| at.row_number).ok()?;
        let (position, known) = (positions.get(row)?, self.keys.get(key as usize)?);
        let (kind, text) = match first_row {
            Some(first_row) => {
                let kind = Kind::Repeated { key, primary: known.is_primary, first_row };
                (kind, self.text(known, rows, row))
            }
            None => (Kind::NullKey { key }, String::new()),
        };
        let (line_number, found) = (position.line_number, clipped(text.as_bytes()));
        self.found.push(&Fault { row_number, line_number, kind, found });
        Some(())
    }

    fn text(&self, key: &Key, rows: &Rows<'_>, row: usize) -> String {
        let columns = key.fields.iter().filter_map(|&field| self.layout.column_of(field));
        let cells = columns.filter_map(|column| rows.cell(row, column));
        cells.map(Cell::text).collect::<Vec<_>>().join(",")
    }

    /// Masks the rows of the batch that are at fault, and gives what is wrong with them.
    pub(crate) fn reject(&mut self, rows: &mut TypedRows) -> Result<FaultLog, LogError> {
        let found = std::mem::take(&mut self.found);
        for fault in found.faults() {
            let row_number = fault?.row_number;
            let at = rows.positions.binary_search_by_key(&row_number, |at| at.row_number);
            if let Some(accepted) = at.ok().and_then(|at| rows.accepted.get_mut(at)) {
                *accepted = false;
            }
        }
        Ok(found)
    }
}
