//! The rows of a file that the rows of a table stood in.

/// Row numbers in ascending order, as runs without a gap.
#[derive(Debug, Clone, Default)]
pub(super) struct RowNumbers {
    /// Where each run starts in the table (0-based), and the number of that row.
    runs: Vec<(usize, u64)>,
}

impl RowNumbers {
    /// The number of the row at that position of the table (0-based).
    pub(super) fn get(&self, at: usize) -> Option<u64> {
        let run = self.runs.partition_point(|&(start, _)| start <= at).checked_sub(1)?;
        self.runs.get(run).map(|&(start, number)| number + (at - start) as u64)
    }
}

impl FromIterator<u64> for RowNumbers {
    fn from_iter<I: IntoIterator<Item = u64>>(numbers: I) -> Self {
        let mut runs = Vec::new();
        let mut next = None;
        for (at, number) in numbers.into_iter().enumerate() {
            if next != Some(number) {
                runs.push((at, number));
            }
            next = Some(number + 1);
        }
        RowNumbers { runs }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_keeps_its_number() {
        for numbers in [&[][..], &[2, 3, 4], &[2, 4, 5, 9]] {
            let kept: RowNumbers = numbers.iter().copied().collect();
            let found: Vec<u64> = (0..numbers.len()).filter_map(|at| kept.get(at)).collect();
            assert_eq!(found, numbers);
        }
    }
}
