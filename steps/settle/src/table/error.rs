use delta_kernel::KernelError;
use delta_kernel::arrow::error::ArrowError;
use shared::error_name::ErrorName;

/// Why a commit could not be made.
///
/// Nothing of the file is visible then, with one exception: after `Store`, `Log` and `CutShort` the
/// commit may have landed without its answer arriving. Publishing again is right after each of
/// them, and finds that out.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Others committed to the table first, as often as we tried. Worth another try later.
    #[error("other commits to the table came first {rounds} times in a row")]
    Conflict {
        /// How often it was tried.
        rounds: u32,
    },
    /// The store does not answer, or answers that it cannot now. Worth another try later.
    #[error("the store of the table is not available")]
    Store(#[source] Box<object_store::Error>),
    /// A column of the table is another in the file.
    #[error(
        "column {column:?} is {table} in the table, but {file} in this file: columns may be added, and \
         nullable ones left out, but for another kind of values a column of another name is needed, or \
         another dataset"
    )]
    SchemaChanged {
        /// The first column that differs.
        column: String,
        /// What the table has there: a Delta type, `nullable` or `required`, or another spelling.
        table: String,
        /// What the file has there: the same, or `absent`.
        file: String,
    },
    /// The column has a type that tables of Sluice do not have.
    #[error("column {column:?} has the type {data_type}, which is not published")]
    UnsupportedType {
        /// The column.
        column: String,
        /// Its Arrow type.
        data_type: String,
    },
    /// Two columns have the same name, upper and lower case being the same to readers.
    #[error("column {column:?} is there twice (upper and lower case count as the same)")]
    RepeatedColumn {
        /// The second of them.
        column: String,
    },
    /// A part's path is not of the form that tells whose part it is, or is given twice.
    #[error("{path:?} is no part of this file and revision, or is given twice")]
    PartPath {
        /// The path, relative to the table's root.
        path: String,
    },
    /// Statistics of a part that do not fit its columns.
    #[error("the statistics of the parts do not fit the columns")]
    Stats(#[source] ArrowError),
    /// Another engine has rewritten data of this table, so the rows of the earlier revision cannot
    /// be told from others any more.
    #[error("{path:?} was not written by Sluice, so the earlier revision cannot be replaced")]
    ForeignPart {
        /// The first such file, relative to the table's root.
        path: String,
    },
    /// There is no such folder, or no such bucket name.
    #[error("the table has no usable place: {place}")]
    Place {
        /// The folder, or bucket and prefix.
        place: String,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The table's log cannot be read or written, for a reason that waiting does not mend.
    #[error("cannot read or write the table's log")]
    Log(#[source] Box<KernelError>),
    /// The thread that commits ended early: a panic, or the runtime going down.
    #[error("the commit was cut short")]
    CutShort(#[from] tokio::task::JoinError),
}

impl TableError {
    /// The name that the state machine knows.
    pub fn name(&self) -> ErrorName {
        match self {
            TableError::Conflict { .. } => ErrorName::CommitConflict,
            TableError::Store(_) => ErrorName::StoreUnavailable,
            // The contract is of another shape than the table that its earlier form made.
            TableError::SchemaChanged { .. }
            | TableError::RepeatedColumn { .. }
            | TableError::UnsupportedType { .. } => ErrorName::ContractRefused,
            TableError::PartPath { .. }
            | TableError::Stats(_)
            | TableError::ForeignPart { .. }
            | TableError::Place { .. }
            | TableError::Log(_)
            | TableError::CutShort(_) => ErrorName::WorkUnreadable,
        }
    }
}

impl From<KernelError> for TableError {
    fn from(err: KernelError) -> Self {
        if let KernelError::Backtraced { source, .. } = err {
            return (*source).into();
        }
        if let KernelError::ObjectStore(source @ object_store::Error::Generic { .. }) = err {
            return Self::Store(Box::new(source));
        }
        Self::Log(Box::new(err))
    }
}
