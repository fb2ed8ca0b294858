//! What an aggregate measures of each group: one SQL aggregate function.

use arrow_schema::DataType;
use sqlparser::ast::{
    Expr, Function as SqlFunction, FunctionArg, FunctionArgExpr, FunctionArguments,
};

use super::Column;
use super::expression::{ExpressionError, parse_sql, position};

/// A named measure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Name of its column in the result.
    pub name: String,
    /// What is measured.
    pub function: Function,
}

/// An aggregate function, over the rows of a group. Nulls are passed over, as in SQL; columns are
/// positions in the published table (0-based).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// `count(*)`: the rows.
    CountRows,
    /// `count(x)`: the values.
    Count(usize),
    /// `sum(x)`: exact for integers, the nearest double to the exact sum for doubles.
    Sum(usize),
    /// `min(x)`
    Min(usize),
    /// `max(x)`
    Max(usize),
    /// `mean(x)` or `avg(x)`: the exact sum by the count, as a double.
    Mean(usize),
}

impl Function {
    /// Parses `text` over `columns`.
    ///
    /// # Errors
    /// [`ExpressionError`].
    pub fn parse(text: &str, columns: &[Column]) -> Result<Self, ExpressionError> {
        let expression = parse_sql(text)?;
        let unsupported = || ExpressionError::Unsupported(expression.to_string());
        let Expr::Function(call) = &expression else { return Err(unsupported()) };
        let argument = single_argument(call).ok_or_else(unsupported)?;
        match (call.name.to_string().to_ascii_lowercase().as_str(), argument) {
            ("count", Argument::Star) => Ok(Function::CountRows),
            ("count", Argument::Column(name)) => Ok(Function::Count(position(name, columns)?)),
            ("sum", Argument::Column(name)) => Ok(Function::Sum(numeric(name, columns)?)),
            ("min", Argument::Column(name)) => Ok(Function::Min(position(name, columns)?)),
            ("max", Argument::Column(name)) => Ok(Function::Max(position(name, columns)?)),
            ("mean" | "avg", Argument::Column(name)) => Ok(Function::Mean(numeric(name, columns)?)),
            _ => Err(unsupported()),
        }
    }

    /// The type of the result.
    pub fn data_type(self, columns: &[Column]) -> DataType {
        match self {
            Function::CountRows | Function::Count(_) => DataType::Int64,
            Function::Mean(_) => DataType::Float64,
            Function::Sum(at) | Function::Min(at) | Function::Max(at) => {
                columns.get(at).map_or(DataType::Null, |column| column.data_type.clone())
            }
        }
    }
}

enum Argument<'a> {
    Star,
    Column(&'a str),
}

/// The argument of `name(argument)`, if the call is no more than that.
fn single_argument(call: &SqlFunction) -> Option<Argument<'_>> {
    let FunctionArguments::List(list) = &call.args else { return None };
    let plain = list.duplicate_treatment.is_none()
        && list.clauses.is_empty()
        && call.filter.is_none()
        && call.over.is_none()
        && call.null_treatment.is_none()
        && call.within_group.is_empty()
        && matches!(call.parameters, FunctionArguments::None);
    match list.args.as_slice() {
        [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] if plain => Some(Argument::Star),
        [FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Identifier(name)))] if plain => {
            Some(Argument::Column(&name.value))
        }
        _ => None,
    }
}

fn numeric(name: &str, columns: &[Column]) -> Result<usize, ExpressionError> {
    let at = position(name, columns)?;
    match columns.get(at).map(|column| &column.data_type) {
        Some(DataType::Int64 | DataType::Float64) | None => Ok(at),
        Some(other) => {
            Err(ExpressionError::NotNumeric { name: name.to_owned(), data_type: other.clone() })
        }
    }
}
