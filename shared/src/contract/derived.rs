//! What aggregates are made of that no column of the table holds.

use std::collections::BTreeSet;

use arrow_schema::DataType;
use sqlparser::ast::Expr;

use super::expression::{
    Expression, ExpressionError, ExpressionProblem, Operation, is_number, parse_sql, position,
    resolve, wrong_type,
};
use super::{Column, Computed};

/// Columns that are computed for aggregates alone, behind those of the table.
///
/// Invariant: no value of a dropped column gets into an aggregate.
pub(super) struct Derived<'a> {
    /// Those of the table.
    columns: &'a [Column],
    /// Positions of those that are not published.
    dropped: &'a BTreeSet<usize>,
    computed: &'a mut Vec<Computed>,
}

impl<'a> Derived<'a> {
    pub(super) fn new(
        columns: &'a [Column],
        dropped: &'a BTreeSet<usize>,
        computed: &'a mut Vec<Computed>,
    ) -> Self {
        Derived { columns, dropped, computed }
    }

    /// The position of the values of an expression that are counted. Of a column by itself no more is told
    /// than how often it has a value; of what is made of one, perhaps, which.
    pub(super) fn counted(&mut self, part: &Expr) -> Result<usize, ExpressionError> {
        if let Operation::Column(at) = resolve(part, self.columns)?.operation {
            return Ok(at);
        }
        self.column(part)
    }

    /// The position of the values of an expression: those of a column, or a column that is added.
    pub(super) fn column(&mut self, part: &Expr) -> Result<usize, ExpressionError> {
        let expression = self.published(part)?;
        Ok(self.position(part, expression))
    }

    /// The same of a column's name, which need not look like one of SQL, or of an expression's text.
    pub(super) fn named(&mut self, text: &str) -> Result<usize, ExpressionError> {
        let Ok(at) = position(text, self.columns) else { return self.column(&parse_sql(text)?) };
        if self.dropped.contains(&at) {
            return Err(ExpressionProblem::Dropped(text.to_owned()).into());
        }
        Ok(at)
    }

    /// The same, of numbers.
    pub(super) fn number(&mut self, part: &Expr) -> Result<usize, ExpressionError> {
        let expression = self.published(part)?;
        self.typed(part, expression, "a number", is_number)
    }

    /// The same, of truth values.
    pub(super) fn truth(&mut self, part: &Expr) -> Result<usize, ExpressionError> {
        let expression = self.published(part)?;
        self.typed(part, expression, "true or false", |found| *found == DataType::Boolean)
    }

    /// The name of the column at that position, if it is one of the table.
    pub(super) fn name(&self, at: usize) -> Option<&'a str> {
        self.columns.get(at).map(|column| column.name.as_str())
    }

    /// Whether the column at that position is made of none of the table.
    pub(super) fn is_constant(&self, at: usize) -> bool {
        let computed = at.checked_sub(self.columns.len()).and_then(|at| self.computed.get(at));
        computed.is_some_and(|computed| computed.expression.columns().next().is_none())
    }

    /// An expression over columns that are published.
    fn published(&self, part: &Expr) -> Result<Expression, ExpressionError> {
        let expression = resolve(part, self.columns)?;
        let dropped = expression.columns().find(|at| self.dropped.contains(at));
        match dropped.and_then(|at| self.columns.get(at)) {
            None => Ok(expression),
            Some(Column { name, .. }) => {
                Err(ExpressionError::new(part, ExpressionProblem::Dropped(name.clone())))
            }
        }
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
        let known = self.computed.iter().position(|known| known.expression == expression);
        let at = known.unwrap_or_else(|| {
            self.computed.push(Computed { name: part.to_string(), expression });
            self.computed.len() - 1
        });
        self.columns.len() + at
    }
}
