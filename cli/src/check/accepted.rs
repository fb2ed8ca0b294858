//! The accepted records of a file, with the original text of every value.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use shared::contract::Resource;
use shared::csv::{Record, Records};
use shared::message::Chunk;
use shared::reject::Reject;

use super::CheckError;

/// Writes the records of `chunks` that have no reject to `path`: UTF-8, RFC 4180, with a header.
pub(super) fn write(
    path: &Path,
    file: &Path,
    resource: &Resource,
    chunks: &[Chunk],
    rejects: Option<&Path>,
) -> Result<(), CheckError> {
    let rejected = rejects.map_or(Ok(BTreeSet::new()), rejected_rows)?;
    let unreadable = |source| CheckError::Read { path: file.to_owned(), source };
    let mut input = File::open(file).map_err(unreadable)?;
    let unwritable = |source| CheckError::Write { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_writer(File::create(path).map_err(unwritable)?);
    writer.write_record(resource.schema.fields.iter().map(|field| &field.name))?;
    let mut record = Record::default();
    for chunk in chunks {
        let bytes = read_range(&mut input, chunk).map_err(unreadable)?;
        let mut records = Records::new(&resource.dialect.grammar, &bytes);
        let mut row = chunk.first_row;
        while records.read(&mut record) {
            if !rejected.contains(&row) {
                writer.write_record(record.iter())?;
            }
            row += 1;
        }
    }
    writer.flush().map_err(unwritable)
}

fn rejected_rows(path: &Path) -> Result<BTreeSet<u64>, CheckError> {
    let mut reader = csv::Reader::from_path(path)?;
    let rejects = reader.deserialize::<Reject>();
    Ok(rejects.map(|reject| reject.map(|reject| reject.row_number)).collect::<Result<_, _>>()?)
}

fn read_range(file: &mut File, chunk: &Chunk) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.seek(SeekFrom::Start(chunk.start))?;
    file.take(chunk.end - chunk.start).read_to_end(&mut bytes)?;
    Ok(bytes)
}
