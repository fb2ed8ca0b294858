//! What an aggregate measures of each group: one SQL aggregate function.

use arrow_schema::DataType;
use sqlparser::ast::{
    DuplicateTreatment, Expr, Function as SqlFunction, FunctionArg, FunctionArgExpr,
    FunctionArguments, Value,
};

use super::Column;
use super::derived::Derived;
use super::expression::{ExpressionError, ExpressionProblem, parse_sql};

/// A named measure.
#[derive(Debug, Clone, PartialEq)]
pub struct Measure {
    /// Name of its column in the result.
    pub name: String,
    /// What is measured.
    pub function: Function,
    /// The column that says of which rows, `FILTER (WHERE ...)`: those for which it is true.
    pub filter: Option<usize>,
}

/// An aggregate function, over the rows of a group. Nulls are passed over, as in SQL, but by `first` and
/// `last`; columns are positions in [`Contract::measured_columns`](super::Contract::measured_columns) (0-based).
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Function {
    /// `count(*)`: the rows.
    CountRows,
    /// `count(x)`: the values.
    Count(usize),
    /// `count(DISTINCT x)`: the different values; exact up to 16,384 of them, beyond that an estimate with a standard
    /// error of 0.78 %.
    CountDistinct(usize),
    /// `sum(x)`: exact for whole numbers and decimals, the nearest double to the exact sum for doubles.
    Sum(usize),
    /// `min(x)`
    Min(usize),
    /// `max(x)`
    Max(usize),
    /// `mean(x)` or `avg(x)`: the exact sum by the count, as a double.
    Mean(usize),
    /// `variance(x)`, `stddev(x)`, ...: of the values as doubles.
    Spread(usize, Spread),
    /// `median(x)`, `quantile_cont(x, q)`: the value below which a share of the values lies, as a double, between
    /// two values where none is at that place. Exact up to 32,768 different values, beyond that each of the two is off
    /// by 0.1 % of itself at most, if the values span no more than 60 powers of two.
    Quantile(usize, f64),
    /// `first(x)`: the value in the first row of the file, be it null.
    First(usize),
    /// `last(x)`
    Last(usize),
}

/// How far values are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spread {
    /// Whether the values are a sample (`var_samp`, `stddev_samp`, divided by one less than their number), and
    /// not all there is (`var_pop`, `stddev_pop`).
    pub is_sample: bool,
    /// Whether it is a deviation, the root of a variance.
    pub is_deviation: bool,
}

impl Spread {
    /// That of the function of that name.
    fn named(name: &str) -> Option<Self> {
        let (is_sample, is_deviation) = match name {
            "variance" | "var_samp" => (true, false),
            "var_pop" => (false, false),
            "stddev" | "stddev_samp" => (true, true),
            "stddev_pop" => (false, true),
            _ => return None,
        };
        Some(Spread { is_sample, is_deviation })
    }
}

impl Measure {
    /// Parses `text`; what it measures besides columns is derived.
    ///
    /// # Errors
    /// [`ExpressionError`].
    pub(super) fn parse(
        name: &str,
        text: &str,
        derived: &mut Derived<'_>,
    ) -> Result<Self, ExpressionError> {
        let expression = parse_sql(text)?;
        let unsupported = || {
            let problem = ExpressionProblem::Unsupported(expression.to_string());
            ExpressionError::new(&expression, problem)
        };
        let Expr::Function(call) = &expression else { return Err(unsupported()) };
        let arguments = arguments(call).ok_or_else(unsupported)?;
        let function = function(call, &arguments, derived)?.ok_or_else(unsupported)?;
        let filter = call.filter.as_deref().map(|part| derived.truth(part)).transpose()?;
        Ok(Measure { name: name.to_owned(), function, filter })
    }
}

/// What a call measures, if it is one of ours.
fn function(
    call: &SqlFunction,
    arguments: &Arguments<'_>,
    derived: &mut Derived<'_>,
) -> Result<Option<Function>, ExpressionError> {
    let name = call.name.to_string().to_ascii_lowercase();
    Ok(Some(match (name.as_str(), arguments) {
        ("count", Arguments::Star) => Function::CountRows,
        ("count", Arguments::Value(part)) => Function::Count(derived.counted(part)?),
        ("count", Arguments::Distinct(part)) => Function::CountDistinct(derived.counted(part)?),
        ("sum", Arguments::Value(part)) => Function::Sum(derived.number(part)?),
        ("min", Arguments::Value(part)) => Function::Min(derived.column(part)?),
        ("max", Arguments::Value(part)) => Function::Max(derived.column(part)?),
        ("mean" | "avg", Arguments::Value(part)) => Function::Mean(derived.number(part)?),
        ("median", Arguments::Value(part)) => Function::Quantile(derived.number(part)?, 0.5),
        ("quantile_cont", Arguments::Two(part, share)) => {
            let Some(share) = literal_share(share) else { return Ok(None) };
            Function::Quantile(derived.number(part)?, share)
        }
        ("first", Arguments::Value(part)) => Function::First(derived.column(part)?),
        ("last", Arguments::Value(part)) => Function::Last(derived.column(part)?),
        (name, Arguments::Value(part)) => {
            let Some(spread) = Spread::named(name) else { return Ok(None) };
            Function::Spread(derived.number(part)?, spread)
        }
        _ => return Ok(None),
    }))
}

/// A literal from 0 to 1.
fn literal_share(part: &Expr) -> Option<f64> {
    let Expr::Value(literal) = part else { return None };
    let Value::Number(digits, _) = &literal.value else { return None };
    digits.parse().ok().filter(|share| (0.0..=1.0).contains(share))
}

impl Function {
    /// The position of its column, if it has one.
    pub fn column(self) -> Option<usize> {
        match self {
            Function::CountRows => None,
            Function::Count(at)
            | Function::Sum(at)
            | Function::Min(at)
            | Function::Max(at)
            | Function::Mean(at)
            | Function::Spread(at, _)
            | Function::CountDistinct(at)
            | Function::Quantile(at, _)
            | Function::First(at)
            | Function::Last(at) => Some(at),
        }
    }

    /// The type of the result.
    pub fn data_type(self, columns: &[Column]) -> DataType {
        let type_of =
            |at: usize| columns.get(at).map_or(DataType::Null, |column| column.data_type.clone());
        match self {
            Function::CountRows | Function::Count(_) | Function::CountDistinct(_) => {
                DataType::Int64
            }
            Function::Mean(_) | Function::Spread(..) | Function::Quantile(..) => DataType::Float64,
            // As many digits as there may be: more than any of them.
            Function::Sum(at) => {
                let own = type_of(at);
                if let DataType::Decimal128(_, scale) = own {
                    DataType::Decimal128(super::DECIMAL_DIGITS, scale)
                } else {
                    own
                }
            }
            Function::Min(at) | Function::Max(at) | Function::First(at) | Function::Last(at) => {
                type_of(at)
            }
        }
    }
}

enum Arguments<'a> {
    Star,
    Value(&'a Expr),
    Distinct(&'a Expr),
    Two(&'a Expr, &'a Expr),
}

/// The arguments of a call that is no more than a name and these, and perhaps a filter.
fn arguments(call: &SqlFunction) -> Option<Arguments<'_>> {
    use FunctionArg::Unnamed;
    use FunctionArgExpr::{Expr, Wildcard};
    let FunctionArguments::List(list) = &call.args else { return None };
    let is_plain = list.clauses.is_empty()
        && call.over.is_none()
        && call.null_treatment.is_none()
        && call.within_group.is_empty()
        && matches!(call.parameters, FunctionArguments::None);
    match (list.duplicate_treatment, list.args.as_slice()) {
        _ if !is_plain => None,
        (None, [Unnamed(Wildcard)]) => Some(Arguments::Star),
        (None, [Unnamed(Expr(part))]) => Some(Arguments::Value(part)),
        (None, [Unnamed(Expr(part)), Unnamed(Expr(other))]) => Some(Arguments::Two(part, other)),
        (Some(DuplicateTreatment::Distinct), [Unnamed(Expr(part))]) => {
            Some(Arguments::Distinct(part))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What a text measures of the columns `t`, `i`, `n` and `is`; None for an error.
    fn parsed(text: &str) -> Option<Function> {
        let column = |(name, data_type): (&str, DataType)| Column {
            name: name.to_owned(),
            data_type,
            nullable: true,
            description: None,
        };
        let types = [DataType::Utf8, DataType::Int64, DataType::Float64, DataType::Boolean];
        let columns: Vec<Column> =
            ["t", "i", "n", "is"].into_iter().zip(types).map(column).collect();
        let mut derived = Vec::new();
        let measure =
            Measure::parse("m", text, &mut Derived::new(&columns, &BTreeSet::new(), &mut derived));
        measure.ok().map(|measure| measure.function)
    }

    #[test]
    fn functions_are_known_by_their_calls() {
        use Function::{Count, CountDistinct, CountRows, First, Last, Mean, Quantile};
        for (text, expected) in [
            ("count(*)", CountRows),
            ("count(t)", Count(0)),
            ("count(DISTINCT t)", CountDistinct(0)),
            ("COUNT(distinct i * 2)", CountDistinct(4)),
            ("avg(i)", Mean(1)),
            ("median(i)", Quantile(1, 0.5)),
            ("quantile_cont(n, 0.95)", Quantile(2, 0.95)),
            ("quantile_cont(n, 0)", Quantile(2, 0.0)),
            ("quantile_cont(n, 1.0) FILTER (WHERE \"is\")", Quantile(2, 1.0)),
            ("first(t)", First(0)),
            ("last(\"is\")", Last(3)),
        ] {
            assert_eq!(parsed(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn other_calls_are_errors() {
        for text in [
            "count()",
            "count(i, n)",
            "count(DISTINCT *)",
            "count(DISTINCT i, n)",
            "sum(DISTINCT i)",
            "median(t)",
            "median(i, 0.5)",
            "quantile_cont(t, 0.5)",
            "quantile_cont(n)",
            "quantile_cont(n, i)",
            "quantile_cont(n, 1.5)",
            "quantile_cont(n, -0.5)",
            "quantile_cont(n, 'x')",
            "first(*)",
            "first(i ORDER BY n)",
            "first(i) OVER ()",
            "mode(i)",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
    }
}
