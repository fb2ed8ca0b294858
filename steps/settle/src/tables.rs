//! The tables that a process has to do with, each opened once: what one invocation has read of a log the next
//! ones need not.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::table::{TableError, TableStore};

/// Tables that are kept open, each of which may remember tens of megabytes of its log.
const OPEN_TABLES: usize = 16;

/// Tables by the names of their datasets; those that were not asked for the longest are closed.
pub struct Tables<O> {
    open: O,
    /// The one that was asked for last comes first.
    opened: Mutex<VecDeque<(String, TableStore)>>,
}

impl<O: Fn(&str) -> Result<TableStore, TableError>> Tables<O> {
    /// None is open yet; `open` finds the table of a dataset.
    pub fn new(open: O) -> Self {
        Tables { open, opened: Mutex::default() }
    }

    /// The table of a dataset.
    ///
    /// # Errors
    /// Those of `open`; the next who asks tries again.
    pub fn get(&self, dataset: &str) -> Result<TableStore, TableError> {
        let mut opened = self.opened();
        let at = opened.iter().position(|(of, _)| of == dataset);
        let table = match at.and_then(|at| opened.remove(at)) {
            Some((_, table)) => table,
            None => (self.open)(dataset)?,
        };
        opened.push_front((dataset.to_owned(), table.clone()));
        opened.truncate(OPEN_TABLES);
        Ok(table)
    }

    fn opened(&self) -> MutexGuard<'_, VecDeque<(String, TableStore)>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::sync::Arc;

    use object_store::memory::InMemory;

    use super::*;

    /// Asks for those datasets and gives those that were opened, each time.
    fn opened(datasets: &[String]) -> Vec<String> {
        let opened = RefCell::new(Vec::new());
        let tables = Tables::new(|dataset: &str| {
            opened.borrow_mut().push(dataset.to_owned());
            TableStore::of(Arc::new(InMemory::new()), Some(dataset.to_owned()))
        });
        for dataset in datasets {
            assert_eq!(tables.get(dataset).unwrap().location(), Some(&**dataset));
        }
        drop(tables);
        opened.into_inner()
    }

    fn names(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
        numbers.into_iter().map(|n| format!("d{n}")).collect()
    }

    #[test]
    fn each_table_is_opened_once() {
        assert_eq!(opened(&names([1, 1, 2, 1, 2])), names([1, 2]));
        assert_eq!(opened(&names((0..16).chain(0..16))), names(0..16));
    }

    #[test]
    fn of_many_tables_those_that_are_asked_for_stay_open() {
        let with_first = (0..40).flat_map(|n| [0, n]);
        assert_eq!(opened(&names(with_first.chain([39, 25, 24]))), names((0..40).chain([24])));
    }

    #[test]
    fn a_table_that_cannot_be_opened_is_tried_again() {
        let tries = RefCell::new(0);
        let tables = Tables::new(|dataset: &str| {
            *tries.borrow_mut() += 1;
            match *tries.borrow() {
                1 => Err(TableError::Conflict { rounds: 0 }),
                _ => TableStore::of(Arc::new(InMemory::new()), Some(dataset.to_owned())),
            }
        });
        assert!(tables.get("a").is_err());
        assert!(tables.get("a").is_ok() && tables.get("a").is_ok());
        assert_eq!(*tries.borrow(), 2);
    }
}
