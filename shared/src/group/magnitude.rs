//! Whole numbers of any size, and the doubles that are nearest to their quotients.

/// Bits of a limb.
pub(super) const LIMB_BITS: u32 = u32::BITS;

/// Limbs that are read digit by digit: the first of them has one bit at least, and a double 53.
const WINDOW_LEN: usize = 3;

/// Bits of a double behind its exponent.
const FRACTION_BITS: u32 = f64::MANTISSA_DIGITS - 1;

/// The power of two that every double is a multiple of.
pub(super) const LEAST_POWER: i64 = -1074;

/// The exponent of infinity.
const SPECIAL: u64 = 0x7ff;

/// A whole number from 0 on: its limbs of 32 bits, the least first, of which the first stands for 2^(32 `low`).
#[derive(Debug, Clone)]
pub(super) struct Magnitude {
    limbs: Vec<u32>,
    low: usize,
}

impl Magnitude {
    pub(super) fn new(limbs: Vec<u32>, low: usize) -> Self {
        Magnitude { limbs, low }
    }

    /// Of words of 64 bits, the least first.
    #[allow(clippy::cast_possible_truncation, reason = "two halves")]
    pub(super) fn of(words: &[u64]) -> Self {
        let limbs = words.iter().flat_map(|&word| [word as u32, (word >> LIMB_BITS) as u32]);
        Magnitude { limbs: limbs.collect(), low: 0 }
    }

    #[allow(clippy::cast_possible_truncation, reason = "the last bits are meant")]
    pub(super) fn times(&self, other: &Self) -> Self {
        let mut limbs = vec![0; self.limbs.len() + other.limbs.len()];
        for (at, &left) in self.limbs.iter().enumerate() {
            let mut carry = 0;
            let right = other.limbs.iter().chain(std::iter::once(&0));
            for (limb, &right) in limbs.iter_mut().skip(at).zip(right) {
                let sum = u64::from(left) * u64::from(right) + u64::from(*limb) + carry;
                *limb = sum as u32;
                carry = sum >> LIMB_BITS;
            }
        }
        Magnitude { limbs, low: self.low + other.low }
    }

    /// Without a number that is no greater.
    pub(super) fn minus(self, other: Self) -> Self {
        let low = self.low.min(other.low);
        let (mut limbs, other) = (self.padded(low), other.padded(low));
        let mut is_borrowed = false;
        for (limb, taken) in limbs.iter_mut().zip(other.into_iter().chain(std::iter::repeat(0))) {
            let (rest, is_below) = limb.overflowing_sub(taken);
            let (rest, is_further_below) = rest.overflowing_sub(u32::from(is_borrowed));
            (*limb, is_borrowed) = (rest, is_below || is_further_below);
        }
        Magnitude { limbs, low }
    }

    /// The limbs from 2^(32 `low`) on, which is no more than where they start.
    fn padded(self, low: usize) -> Vec<u32> {
        std::iter::repeat_n(0, self.low - low).chain(self.limbs).collect()
    }

    /// The number by all of the divisors, none of which is 0.
    pub(super) fn by(mut self, divisors: &[u64]) -> Quotient {
        // Each takes two limbs at most, and as many as are read are left.
        let more = if divisors.is_empty() { 0 } else { 2 * divisors.len() + WINDOW_LEN };
        self.limbs.splice(0..0, std::iter::repeat_n(0, more));
        let mut is_more = false;
        for &divisor in divisors {
            is_more |= divide(&mut self.limbs, divisor) > 0;
        }
        let start = places(self.low) - places(more);
        Quotient { limbs: self.limbs, start, is_more }
    }
}

/// Divides a number in its place, and gives what is left over.
#[allow(clippy::cast_possible_truncation, reason = "what is left over is less than the divisor")]
fn divide(limbs: &mut [u32], divisor: u64) -> u128 {
    let mut rest = 0;
    for limb in limbs.iter_mut().rev() {
        let digits = rest << LIMB_BITS | u128::from(*limb);
        *limb = (digits / u128::from(divisor)) as u32;
        rest = digits % u128::from(divisor);
    }
    rest
}

/// The power of two that so many limbs stand for.
fn places(limb_count: usize) -> i64 {
    // No number has 2^58 limbs.
    i64::try_from(limb_count).unwrap_or(i64::MAX) * i64::from(LIMB_BITS)
}

/// A number from 0 on with many digits.
#[derive(Debug)]
pub(super) struct Quotient {
    limbs: Vec<u32>,
    /// The first limb stands for 2^`start`.
    start: i64,
    /// Whether it is a little greater: then it has as many limbs as are read.
    is_more: bool,
}

impl Quotient {
    /// The double nearest to the number times 2^`power`, with ties to even.
    pub(super) fn nearest(&self, power: i64) -> f64 {
        let Some(top) = self.limbs.iter().rposition(|&limb| limb != 0) else { return 0.0 };
        let (below, window) = self.limbs.split_at((top + 1).saturating_sub(WINDOW_LEN));
        let window = window.iter().rev().skip_while(|&&limb| limb == 0);
        let digits = window.fold(0, |digits, &limb| digits << LIMB_BITS | u128::from(limb));
        let is_more = self.is_more || below.iter().any(|&limb| limb != 0);
        let place = self.start + places(below.len()) + power;
        // Where the last digit of the double stands, which is none below the least.
        let end = (place + bit_count(digits) - i64::from(f64::MANTISSA_DIGITS)).max(LEAST_POWER);
        let digits = rounded(digits, end - place, is_more);
        // The leading one of the digits adds 1 to the exponent, and so does a carry out of them.
        let exponent = (end - LEAST_POWER).unsigned_abs().min(SPECIAL);
        f64::from_bits(((exponent << FRACTION_BITS) + digits).min(f64::INFINITY.to_bits()))
    }

    /// The double nearest to the root of the number times 2^`power`, or the next to it. The root may be a double
    /// where the number is none.
    pub(super) fn root(&self, power: i64) -> f64 {
        let top = self.limbs.iter().rposition(|&limb| limb != 0).unwrap_or_default();
        // A number near 1, by a square of a power of two.
        let half = (self.start + places(top) + power) / 2;
        let root = self.nearest(power - 2 * half).sqrt();
        root * power_of_two(half / 2) * power_of_two(half - half / 2)
    }
}

fn bit_count(digits: u128) -> i64 {
    i64::from(u128::BITS - digits.leading_zeros())
}

/// 2^`power`, of no more than the roots of all doubles.
fn power_of_two(power: i64) -> f64 {
    i32::try_from(power).map_or(f64::NAN, |power| 2_f64.powi(power))
}

/// `digits`, which are 96 at most, without the last `cut` of them, with halves to even; `is_more` says that others
/// follow. A `cut` below 0 adds zeros.
#[allow(clippy::cast_possible_truncation, reason = "no more are kept than a double has digits")]
fn rounded(digits: u128, cut: i64, is_more: bool) -> u64 {
    if cut <= 0 {
        return (digits << cut.unsigned_abs()) as u64;
    }
    let cut = cut.min(i64::from(u128::BITS) - 1);
    let kept = digits >> cut;
    let (rest, half) = (digits - (kept << cut), 1 << (cut - 1));
    let is_up = rest > half || rest == half && (is_more || kept % 2 == 1);
    kept as u64 + u64::from(is_up)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The words of a number of 128 bits.
    #[allow(clippy::cast_possible_truncation, reason = "two halves")]
    fn words(number: u128) -> [u64; 2] {
        [number as u64, (number >> 64) as u64]
    }

    #[test]
    fn quotients_are_rounded_once() {
        for (number, divisors, power, expected) in [
            (0, &[][..], 0, 0.0),
            (0, &[7], 0, 0.0),
            (1, &[], LEAST_POWER, f64::from_bits(1)),
            (1, &[2], LEAST_POWER, 0.0),
            (1, &[2, 1], LEAST_POWER + 1, f64::from_bits(1)),
            (3, &[2], LEAST_POWER, 2.0 * f64::from_bits(1)),
            (1, &[3], LEAST_POWER - 200, 0.0),
            (1, &[], 1023, 2_f64.powi(1023)),
            (1, &[], 1024, f64::INFINITY),
            (1, &[], 4000, f64::INFINITY),
            ((1 << 54) - 1, &[], 970, f64::INFINITY),
            ((1 << 53) - 1, &[], 971, f64::MAX),
            ((1 << 53) + 1, &[], 0, 2_f64.powi(53)),
            (((1 << 53) + 1) * 7 + 1, &[7], 0, 2_f64.powi(53) + 2.0),
            (10, &[10_u64.pow(19), 10_u64.pow(19)], 0, 1e-37),
        ] {
            let found = Magnitude::of(&words(number)).by(divisors).nearest(power);
            assert_eq!(found.to_bits(), f64::to_bits(expected), "{number} {divisors:?} {power}");
        }
    }

    #[test]
    fn roots_of_what_is_no_double() {
        for (number, power, expected) in [
            (0, 0, 0.0),
            (9, 0, 3.0),
            (2, 1, 2.0),
            (1, 2046, 2_f64.powi(1023)),
            (1, 2 * LEAST_POWER, f64::from_bits(1)),
            (9, 2 * LEAST_POWER, f64::from_bits(3)),
        ] {
            let found = Magnitude::of(&words(number)).by(&[]).root(power);
            assert_eq!(found.to_bits(), f64::to_bits(expected), "{number} {power}");
        }
    }

    /// The bits of the nearest double.
    fn read(number: &Magnitude, divisors: &[u64]) -> u64 {
        number.clone().by(divisors).nearest(0).to_bits()
    }

    #[allow(clippy::cast_precision_loss, reason = "the nearest double")]
    fn bits(number: u128) -> u64 {
        (number as f64).to_bits()
    }

    proptest! {
        #[test]
        fn it_is_the_arithmetic_of_machine_words(
            left in any::<u64>(),
            right in any::<u64>(),
            taken in any::<u128>(),
            divisors in (1..u64::MAX, 1..u64::MAX),
            cut in 0..64_u32,
        ) {
            let right = right >> cut;
            let product = u128::from(left) * u128::from(right);
            let found = Magnitude::of(&[left]).times(&Magnitude::of(&[right]));
            prop_assert_eq!(read(&found, &[]), bits(product));
            let taken = taken % (product + 1);
            let rest = product - taken;
            let found = found.minus(Magnitude::of(&words(taken)));
            prop_assert_eq!(read(&found, &[]), bits(rest));
            let (first, second) = divisors;
            // Of whole quotients, where nothing is left over.
            let quotient = rest / u128::from(first);
            let whole = Magnitude::of(&words(quotient * u128::from(first)));
            prop_assert_eq!(read(&whole, &[first]), bits(quotient));
            prop_assert_eq!(read(&found, &[first, second]), read(&found, &[second, first]));
        }
    }
}
