//! Control totals: what columns were said to sum up to, held against what they do.

use arrow_array::types::{Decimal128Type, DecimalType};
use shared::completeness::{ControlSum, DeclaredTotal, Source};
use shared::contract::Contract;
use shared::fault::{Code, FileFault};

/// Digits that an integer of 128 bits may have.
const DIGITS: u8 = 39;

/// Why a declared total is not known to be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The values have another sum.
    #[error("the total of `{column}` is {found}, where {by} declares {declared}")]
    Differs {
        /// The column.
        column: String,
        /// Who declares it.
        by: Source,
        /// What is declared.
        declared: String,
        /// The sum of the values.
        found: String,
    },
    /// There is no telling the sum.
    #[error(
        "the total of `{column}`, which {by} declares to be {declared}, cannot be compared: {row_count} rows \
         have no value in it that can be read"
    )]
    Unreadable {
        /// The column.
        column: String,
        /// Who declares it.
        by: Source,
        /// What is declared.
        declared: String,
        /// The rows whose value cannot be read.
        row_count: u64,
    },
}

impl Doubt {
    /// The same for the report.
    pub(crate) fn fault(&self) -> FileFault {
        let (column, declared, found) = match self {
            Doubt::Differs { column, declared, found, .. } => (column, declared, found.clone()),
            Doubt::Unreadable { column, declared, row_count, .. } => {
                (column, declared, format!("{row_count} rows without a value that can be read"))
            }
        };
        FileFault {
            column: column.clone(),
            expected: declared.clone(),
            found,
            ..FileFault::new(Code::ControlTotal)
        }
    }
}

/// The declared totals that are not known to be right, in their order; `chunks` gives for each chunk the sums of
/// their columns.
///
/// ```
/// use aggregate::doubts;
/// use shared::completeness::{ControlSum, DeclaredTotal, Source};
/// use shared::contract::Contract;
/// let contract = br#"{"resources": [{"name": "r", "path": "r.csv", "schema": {"fields": [
///     {"name": "d", "type": "number", "decimal": {"precision": 5, "scale": 2}}]}}]}"#;
/// let contract = Contract::parse(contract, None).unwrap();
/// let declared = [DeclaredTotal { field: 0, source: Source::Trailer, units: 1250 }];
/// let sum = |units| {
///     let mut sum = ControlSum::default();
///     sum.add(units);
///     vec![sum]
/// };
/// assert_eq!(doubts(&contract, &declared, &[sum(1000), sum(250)]), []);
/// let found = doubts(&contract, &declared, &[sum(1000), sum(-50)]);
/// let expected = "the total of `d` is 9.50, where its trailer declares 12.50";
/// assert_eq!(found[0].to_string(), expected);
/// ```
pub fn doubts(
    contract: &Contract,
    declared: &[DeclaredTotal],
    chunks: &[Vec<ControlSum>],
) -> Vec<Doubt> {
    let mut sums = vec![ControlSum::default(); declared.len()];
    for chunk in chunks {
        sums.iter_mut().zip(chunk).for_each(|(sum, own)| sum.merge(*own));
    }
    let compared = declared.iter().zip(sums);
    compared.filter_map(|(declared, sum)| compare(contract, declared, sum)).collect()
}

fn compare(contract: &Contract, declared: &DeclaredTotal, sum: ControlSum) -> Option<Doubt> {
    let &DeclaredTotal { field, source: by, units } = declared;
    let field = contract.input.schema.fields.get(field)?;
    let scale = field.field_type.as_exact()?.0.scale();
    let text = |units| Decimal128Type::format_decimal(units, DIGITS, scale);
    let (column, declared, row_count) = (field.name.clone(), text(units), sum.unreadable_count());
    if row_count > 0 {
        return Some(Doubt::Unreadable { column, by, declared, row_count });
    }
    let found = match sum.units() {
        Some(found) if found == units => return None,
        Some(found) => text(found),
        None => format!("of more than {DIGITS} digits"),
    };
    Some(Doubt::Differs { column, by, declared, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[i128], unreadable: usize, declared: i128) -> Option<String> {
        let contract = br#"{"resources": [{"name": "r", "path": "r.csv", "schema": {"fields": [
            {"name": "n", "type": "integer"},
            {"name": "d", "type": "number", "decimal": {"precision": 5, "scale": 3}}]}}]}"#;
        let contract = Contract::parse(contract, None).unwrap();
        let mut sum = ControlSum::default();
        for &value in values {
            sum.add(value);
        }
        (0..unreadable).for_each(|_| sum.add_unreadable());
        let declared = DeclaredTotal { field: 1, source: Source::Manifest, units: declared };
        doubts(&contract, &[declared], &[vec![sum]]).first().map(ToString::to_string)
    }

    #[test]
    fn a_total_is_right_or_there_is_a_doubt() {
        assert_eq!(check(&[], 0, 0), None);
        assert_eq!(check(&[5, -7], 0, -2), None);
        assert_eq!(check(&[i128::MAX, i128::MAX, i128::MIN, i128::MIN], 0, -2), None);
        for (values, unreadable, declared, expected) in [
            (&[1][..], 0, -2, "the total of `d` is 0.001, where its manifest declares -0.002"),
            (
                &[1],
                3,
                1,
                "the total of `d`, which its manifest declares to be 0.001, cannot be compared: 3 rows have no \
                 value in it that can be read",
            ),
            (
                &[i128::MAX, 1],
                0,
                i128::MAX,
                "the total of `d` is of more than 39 digits, where its manifest declares \
                 170141183460469231731687303715884105.727",
            ),
        ] {
            assert_eq!(check(values, unreadable, declared).as_deref(), Some(expected));
        }
    }
}
