//! Whether a file's accepted rows are published.

use shared::message::{Counts, Verdict};

/// The verdict on a file of which at most the fraction `tolerated` (0 to 1) may be rejected, and
/// one sentence for a person.
///
/// ```
/// use aggregate::verdict;
/// use shared::message::{Counts, Verdict};
/// let counts = Counts { read_count: 20, accepted_count: 19, rejected_count: 1 };
/// assert_eq!(verdict(counts, 0.05).0, Verdict::Publish);
/// assert_eq!(verdict(counts, 0.04).0, Verdict::Quarantine);
/// ```
pub fn verdict(counts: Counts, tolerated: f64) -> (Verdict, String) {
    let Counts { read_count, rejected_count, .. } = counts;
    let said = format!("{rejected_count} of {read_count} rows are rejected");
    if rejected_count == 0 || fraction(counts) <= tolerated {
        return (Verdict::Publish, said);
    }
    // Seven per cent, and not 7.000000000000001.
    let percent = (tolerated * 1e8).round() / 1e6;
    (Verdict::Quarantine, format!("{said}, more than the {percent} % that the contract tolerates"))
}

#[allow(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
fn fraction(counts: Counts) -> f64 {
    counts.rejected_count as f64 / counts.read_count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tolerance_is_included() {
        for (read_count, rejected_count, tolerated, expected) in [
            (0, 0, 0.0, Verdict::Publish),
            (10, 0, 0.0, Verdict::Publish),
            (10, 1, 0.0, Verdict::Quarantine),
            (200, 10, 0.05, Verdict::Publish),
            (200, 11, 0.05, Verdict::Quarantine),
            (10, 10, 1.0, Verdict::Publish),
        ] {
            let accepted_count = read_count - rejected_count;
            let counts = Counts { read_count, accepted_count, rejected_count };
            assert_eq!(verdict(counts, tolerated).0, expected, "{counts:?}");
        }
    }
}
