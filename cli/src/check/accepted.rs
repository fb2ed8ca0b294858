//! The accepted records of a file, with the original text of every value.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::iter::Peekable;
use std::path::Path;

use shared::contract::Contract;
use shared::fault::Reject;
use shared::header::Layout;
use shared::job::{Job, Work};
use shared::message::Chunk;
use shared::rows::{Row, RowReader};
use shared::store::FolderStore;
use shared::table::Position;

use super::CheckError;

/// A file whose rows were read.
pub(super) struct ReadFile<'a> {
    pub(super) path: &'a Path,
    pub(super) contract: &'a Contract,
    pub(super) job: &'a Job,
    pub(super) work: Work<'a>,
    pub(super) store: &'a FolderStore,
}

/// Writes the records of `chunks` that have no fault to `path`: UTF-8, RFC 4180, with a header, in
/// the order of the contract's fields.
pub(super) fn write(
    path: &Path,
    file: Option<&ReadFile<'_>>,
    contract: &Contract,
    chunks: &[Chunk],
    rejects: Option<&Path>,
) -> Result<(), CheckError> {
    let unwritable = |source| CheckError::Write { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_writer(File::create(path).map_err(unwritable)?);
    let fields = contract.input.schema.fields.iter().map(|field| field.name.as_str());
    let kept = file.iter().flat_map(|file| file.job.layout.kept()).map(|(_, label)| label);
    writer.write_record(fields.chain(kept))?;
    if let Some(file) = file {
        let mut rejected = rejected_rows(rejects)?.peekable();
        for chunk in chunks {
            file.write_chunk(*chunk, &mut rejected, &mut writer)?;
        }
    }
    writer.flush().map_err(unwritable)
}

/// The numbers of the rejected rows, in order, one for each fault.
fn rejected_rows(
    rejects: Option<&Path>,
) -> Result<impl Iterator<Item = Result<u64, csv::Error>>, CheckError> {
    let reader = rejects.map(csv::Reader::from_path).transpose()?;
    let rejects = reader.map(csv::Reader::into_deserialize::<Reject>);
    Ok(rejects.into_iter().flatten().map(|reject| reject.map(|reject| reject.row_number)))
}

impl ReadFile<'_> {
    fn write_chunk(
        &self,
        chunk: Chunk,
        rejected: &mut Peekable<impl Iterator<Item = Result<u64, csv::Error>>>,
        writer: &mut csv::Writer<File>,
    ) -> Result<(), CheckError> {
        let text = self.text(chunk)?;
        let first = Position { row_number: chunk.first_row, line_number: chunk.first_line };
        let dialect = &self.contract.input.dialect;
        let mut rows = RowReader::new(dialect, &self.job.layout, &text, first);
        while let Some(row) = rows.read() {
            let mut is_rejected = false;
            while let Some(number) =
                rejected.next_if(|number| !matches!(number, Ok(n) if *n > row.position.row_number))
            {
                number?;
                is_rejected = true;
            }
            if !is_rejected {
                write_row(&row, &self.job.layout, self.contract, writer)?;
            }
        }
        Ok(())
    }

    /// The text of a chunk: a range of the file, or what was made of it.
    fn text(&self, chunk: Chunk) -> Result<Vec<u8>, CheckError> {
        let unreadable = |source| CheckError::Read { path: self.path.to_owned(), source };
        if self.job.is_verbatim {
            read_range(self.path, chunk).map_err(unreadable)
        } else {
            std::fs::read(self.store.output_path(&self.work.text(chunk.index))).map_err(unreadable)
        }
    }
}

/// Writes the cells in the order of the fields; a field without a column is empty.
fn write_row(
    row: &Row<'_>,
    layout: &Layout,
    contract: &Contract,
    writer: &mut csv::Writer<File>,
) -> Result<(), csv::Error> {
    for field in 0..contract.input.schema.fields.len() {
        let cell = layout.column_of(field).and_then(|column| row.record.get(column));
        writer.write_field(cell.unwrap_or_default())?;
    }
    for (column, _) in layout.kept() {
        writer.write_field(row.record.get(column).unwrap_or_default())?;
    }
    writer.write_record(None::<&[u8]>)
}

fn read_range(path: &Path, chunk: Chunk) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(chunk.start))?;
    file.take(chunk.end - chunk.start).read_to_end(&mut bytes)?;
    Ok(bytes)
}
