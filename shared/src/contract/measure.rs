//! What an aggregate measures of each group: one SQL aggregate function.

use arrow_schema::DataType;
use sqlparser::ast::{
    Expr, Function as SqlFunction, FunctionArg, FunctionArgExpr, FunctionArguments,
};

use super::Column;
use super::derived::Derived;
use super::expression::{ExpressionError, ExpressionProblem, parse_sql};

/// A named measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Name of its column in the result.
    pub name: String,
    /// What is measured.
    pub function: Function,
    /// The column that says of which rows, `FILTER (WHERE ...)`: those for which it is true.
    pub filter: Option<usize>,
}

/// An aggregate function, over the rows of a group. Nulls are passed over, as in SQL; columns are
/// positions in [`Contract::measured_columns`](super::Contract::measured_columns) (0-based).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `count(*)`: the rows.
    CountRows,
    /// `count(x)`: the values.
    Count(usize),
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
        let argument = single_argument(call).ok_or_else(unsupported)?;
        let function = match (call.name.to_string().to_ascii_lowercase().as_str(), argument) {
            ("count", Argument::Star) => Function::CountRows,
            ("count", Argument::Value(part)) => Function::Count(derived.counted(part)?),
            ("sum", Argument::Value(part)) => Function::Sum(derived.number(part)?),
            ("min", Argument::Value(part)) => Function::Min(derived.column(part)?),
            ("max", Argument::Value(part)) => Function::Max(derived.column(part)?),
            ("mean" | "avg", Argument::Value(part)) => Function::Mean(derived.number(part)?),
            (name, Argument::Value(part)) => {
                let spread = Spread::named(name).ok_or_else(unsupported)?;
                Function::Spread(derived.number(part)?, spread)
            }
            _ => return Err(unsupported()),
        };
        let filter = call.filter.as_deref().map(|part| derived.truth(part)).transpose()?;
        Ok(Measure { name: name.to_owned(), function, filter })
    }
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
            | Function::Spread(at, _) => Some(at),
        }
    }

    /// The type of the result.
    pub fn data_type(self, columns: &[Column]) -> DataType {
        let type_of =
            |at: usize| columns.get(at).map_or(DataType::Null, |column| column.data_type.clone());
        match self {
            Function::CountRows | Function::Count(_) => DataType::Int64,
            Function::Mean(_) | Function::Spread(..) => DataType::Float64,
            // As many digits as there may be: more than any of them.
            Function::Sum(at) => {
                let own = type_of(at);
                if let DataType::Decimal128(_, scale) = own {
                    DataType::Decimal128(super::DECIMAL_DIGITS, scale)
                } else {
                    own
                }
            }
            Function::Min(at) | Function::Max(at) => type_of(at),
        }
    }
}

enum Argument<'a> {
    Star,
    Value(&'a Expr),
}

/// The argument of `name(argument)`, if the call is no more than that, and perhaps a filter.
fn single_argument(call: &SqlFunction) -> Option<Argument<'_>> {
    let FunctionArguments::List(list) = &call.args else { return None };
    let plain = list.duplicate_treatment.is_none()
        && list.clauses.is_empty()
        && call.over.is_none()
        && call.null_treatment.is_none()
        && call.within_group.is_empty()
        && matches!(call.parameters, FunctionArguments::None);
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] if plain => Some(Argument::Star),
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(part))] if plain => Some(Argument::Value(part)),
        _ => None,
    }
}
