//! What aggregates are made of that no column of the table holds.

use arrow_schema::DataType;
use sqlparser::ast::Expr;

use super::expression::{Expression, ExpressionError, Operation, is_number, resolve, wrong_type};
use super::{Column, Computed};

/// Columns that are computed for aggregates alone, behind those of the table.
pub(super) struct Derived<'a> {
    /// Those of the table.
    columns: &'a [Column],
    derived: &'a mut Vec<Computed>,
}

impl<'a> Derived<'a> {
    pub(super) fn new(columns: &'a [Column], derived: &'a mut Vec<Computed>) -> Self {
        Derived { columns, derived }
    }

    /// The position of the values of an expression: those of a column, or a column that is added.
    pub(super) fn column(&mut self, part: &Expr) -> Result<usize, ExpressionError> {
        let expression = resolve(part, self.columns)?;
        Ok(self.position(part, expression))
    }

    /// The same, of numbers.
    pub(super) fn number(&mut self, part: &Expr) -> Result<usize, ExpressionError> {
        let expression = resolve(part, self.columns)?;
        self.typed(part, expression, "a number", is_number)
    }

    /// The same, of truth values.
    pub(super) fn truth(&mut self, part: &Expr) -> Result<usize, ExpressionError> {
        let expression = resolve(part, self.columns)?;
        self.typed(part, expression, "true or false", |found| *found == DataType::Boolean)
    }

    fn typed(
        &mut self,
        part: &Expr,
        expression: Expression,
        expected: &'static str,
        fits: impl Fn(&DataType) -> bool,
    ) -> Result<usize, ExpressionError> {
        if fits(&expression.data_type) {
            return Ok(self.position(part, expression));
        }
        Err(wrong_type(part, expression.data_type, expected))
    }

    fn position(&mut self, part: &Expr, expression: Expression) -> usize {
        if let Operation::Column(at) = expression.operation {
            return at;
        }
        let known = self.derived.iter().position(|known| known.expression == expression);
        let at = known.unwrap_or_else(|| {
            self.derived.push(Computed { name: part.to_string(), expression });
            self.derived.len() - 1
        });
        self.columns.len() + at
    }
}
