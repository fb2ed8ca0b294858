//! Short runs of digits to numbers, eight at a time.

use crate::csv::Cell;

/// Digits whose number always fits into 64 bits.
pub(super) const DIGITS: usize = 16;

/// The number that up to 16 digits make; None for anything else, and for no digits at all.
#[inline]
pub(super) fn digits(bytes: &[u8]) -> Option<u64> {
    match bytes {
        [] => None,
        _ if bytes.len() <= 8 => up_to_eight(bytes),
        _ if bytes.len() <= DIGITS => {
            let (high, low) = bytes.split_at(bytes.len() - 8);
            Some(up_to_eight(high)? * 100_000_000 + up_to_eight(low)?)
        }
        _ => None,
    }
}

/// The number that the digits of a cell make, if it has one to eight bytes and is nothing but digits.
///
/// None too where the text around it starts less than eight bytes before its end.
#[inline]
pub(super) fn of_cell(cell: Cell<'_>) -> Option<u64> {
    let missing = 8_usize.checked_sub(cell.byte_len()).filter(|&missing| missing < 8)?;
    let word = u64::from_le_bytes(*cell.last()?) ^ ZEROS;
    number(word & u64::MAX << (8 * missing))
}

/// The number that the digits of a cell make, at most eight of them, if a point stands before the last
/// `places` of them (1 to 6), one digit at least before the point, and nothing else.
///
/// None too where the text around it starts less than nine bytes before its end.
#[inline]
pub(super) fn of_cell_with_point(cell: Cell<'_>, places: u32) -> Option<u64> {
    let missing = 9_usize.checked_sub(cell.byte_len())?;
    let last = cell.last::<9>()?;
    let (before, behind) = (*last.first_chunk()?, *last.last_chunk()?);
    let (before, behind) = (u64::from_le_bytes(before), u64::from_le_bytes(behind));
    let is_point = behind >> (56 - 8 * places) & 0xff == u64::from(b'.');
    if missing + places as usize > 7 || !is_point {
        return None;
    }
    // The digits before the point, moved to where they end as if it were not there.
    let fraction = u64::MAX << (64 - 8 * places);
    let word = (before & !fraction | behind & fraction) ^ ZEROS;
    number(word & u64::MAX << (8 * missing))
}

/// One to eight digits. All are looked at together: the steps put neighbours together to numbers of
/// two, four and eight digits.
#[inline]
fn up_to_eight(bytes: &[u8]) -> Option<u64> {
    // The first digit of all stands in the lowest byte; what is missing are leading zeros.
    let missing = 8_usize.checked_sub(bytes.len())?;
    number((load(bytes)? ^ ZEROS) << (8 * missing))
}

/// The number of the values of eight digits, the first lowest.
#[inline]
fn number(digits: u64) -> Option<u64> {
    let pairs = two_by_two(digits)?;
    let fours = pairs.wrapping_mul(100).wrapping_add(pairs >> 16) & 0x0000_ffff_0000_ffff;
    let number = fours.wrapping_mul(10_000).wrapping_add(fours >> 32) & 0xffff_ffff;
    Some(number)
}

/// The four numbers of two digits each that eight digits make, the first digit in the lowest byte.
#[inline]
pub(super) fn pairs(digits: u64) -> Option<[u32; 4]> {
    let pairs = two_by_two(digits ^ ZEROS)?.to_le_bytes();
    let [first, _, second, _, third, _, fourth, _] = pairs;
    Some([first, second, third, fourth].map(u32::from))
}

const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// The values of eight digits to those of four pairs, the first lowest.
#[inline]
fn two_by_two(digits: u64) -> Option<u64> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    let is_digits = (digits | digits.wrapping_add(ONES * 6)) & (ONES * 0xf0) == 0;
    is_digits.then_some(digits.wrapping_mul(10).wrapping_add(digits >> 8) & 0x00ff_00ff_00ff_00ff)
}

/// One to eight bytes as a word, the first lowest, the highest zero; a longer text is cut off.
///
/// Bytes in the middle may be read twice, which does not change them.
#[inline]
fn load(bytes: &[u8]) -> Option<u64> {
    let last = bytes.len() - 1;
    if let (Some(&low), Some(&high)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let (low, high) = (u32::from_le_bytes(low), u32::from_le_bytes(high));
        return Some(u64::from(low) | u64::from(high) << (8 * (last - 3)));
    }
    let at = |at: usize| bytes.get(at).map(|&byte| u64::from(byte) << (8 * at));
    Some(at(0)? | at(last / 2)? | at(last)?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn naive(bytes: &[u8]) -> Option<u64> {
        let is_short = (1..=DIGITS).contains(&bytes.len());
        let is_digits = is_short && bytes.iter().all(u8::is_ascii_digit);
        is_digits.then(|| std::str::from_utf8(bytes).unwrap().parse().unwrap())
    }

    #[test]
    fn every_byte_in_every_place() {
        for len in 0..=DIGITS + 1 {
            for at in 0..len {
                for byte in 0..=u8::MAX {
                    let mut bytes: Vec<u8> = (0..len).map(|at| b"123456789"[at % 9]).collect();
                    bytes[at] = byte;
                    assert_eq!(digits(&bytes), naive(&bytes), "{bytes:?}");
                }
            }
        }
        assert_eq!(digits(b""), None);
    }

    proptest! {
        #[test]
        fn a_cell_is_read_as_its_bytes_are(text in "[0-9.-]{0,20}", from in 0..20_usize, len in 0..10_usize) {
            let (start, end) = (from.min(text.len()), (from + len).min(text.len()));
            let cell = Cell::new(&text).part(start, end);
            let expected = naive(&text.as_bytes()[start..end]).filter(|_| end - start <= 8 && end >= 8);
            prop_assert_eq!(of_cell(cell), expected);
        }

        #[test]
        fn runs_of_digits_are_their_numbers(text in "[0-9]{1,16}") {
            prop_assert_eq!(digits(text.as_bytes()), text.parse().ok());
        }

        #[test]
        fn nothing_else_is_a_number(bytes in prop::collection::vec(any::<u8>(), 0..18)) {
            prop_assert_eq!(digits(&bytes), naive(&bytes));
        }
    }
}
