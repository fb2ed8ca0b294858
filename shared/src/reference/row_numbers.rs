//! The rows of a file that the rows of a table stood in.

/// Row numbers in ascending order, as runs without a gap.
#[derive(Debug, Clone, Default)]
pub(super) struct RowNumbers {
    /// Where each run starts in the table (0-based), and the number of that row.
    runs: Vec<(usize, u64)>,
    len: usize,
    /// The number that goes on with the last run.
    next: Option<u64>,
}

impl RowNumbers {
    /// The number of the row at that position of the table (0-based).
    pub(super) fn get(&self, at: usize) -> Option<u64> {
        let run = self.runs.partition_point(|&(start, _)| start <= at).checked_sub(1)?;
        self.runs.get(run).map(|&(start, number)| number + (at - start) as u64)
    }
}

impl Extend<u64> for RowNumbers {
    fn extend<I: IntoIterator<Item = u64>>(&mut self, numbers: I) {
        for number in numbers {
            if self.next != Some(number) {
                self.runs.push((self.len, number));
            }
            self.next = Some(number + 1);
            self.len += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_keeps_its_number() {
        for numbers in [&[][..], &[2, 3, 4], &[2, 4, 5, 9]] {
            let mut kept = RowNumbers::default();
            for half in numbers.chunks(2) {
                kept.extend(half.iter().copied());
            }
            let found: Vec<u64> = (0..numbers.len()).filter_map(|at| kept.get(at)).collect();
            assert_eq!(found, numbers);
        }
    }
}
