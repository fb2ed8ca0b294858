//! What can be wrong with a cell.

use serde::{Deserialize, Serialize};

/// What is wrong with a cell, in the order in which it is told: the type alone, or else every broken
/// constraint in the order of the specification. The text for a person is made from the field,
/// see [`Field::expected`](crate::contract::Field::expected).
///
/// ```
/// use shared::cell::CellFault;
/// assert!(CellFault::Type.is_type_error() && CellFault::Ambiguous.is_type_error());
/// assert!(!CellFault::Required.is_type_error());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum CellFault {
    /// Not of the type and format.
    Type,
    /// A date that can be read in two ways.
    Ambiguous,
    /// A null where a value is required.
    Required,
    /// Shorter than `minLength`.
    MinLength,
    /// Longer than `maxLength`.
    MaxLength,
    /// Below `minimum`.
    Minimum,
    /// Above `maximum`.
    Maximum,
    /// Not above `exclusiveMinimum`.
    ExclusiveMinimum,
    /// Not below `exclusiveMaximum`.
    ExclusiveMaximum,
    /// Not of the JSON Schema.
    JsonSchema,
    /// Not of the `pattern`.
    Pattern,
    /// None of the `enum`.
    Enum,
    /// None of the `categories`.
    Categories,
}

impl CellFault {
    /// Whether the cell has no value at all; otherwise a value breaks a constraint.
    pub fn is_type_error(self) -> bool {
        matches!(self, CellFault::Type | CellFault::Ambiguous)
    }
}
