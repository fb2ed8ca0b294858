//! What an expression is made of.

use super::{Expression, Operation};

impl Expression {
    /// The expression and all those in it, in no particular order.
    fn parts(&self) -> impl Iterator<Item = &Expression> {
        let mut left = vec![self];
        std::iter::from_fn(move || {
            let next = left.pop()?;
            left.extend(next.operands());
            Some(next)
        })
    }

    /// The columns that it is made of, by their positions (0-based), some perhaps repeatedly.
    pub(in crate::contract) fn columns(&self) -> impl Iterator<Item = usize> {
        self.parts().filter_map(|part| {
            if let Operation::Column(at) = part.operation { Some(at) } else { None }
        })
    }

    /// The names of the salts that it takes, some perhaps repeatedly.
    pub(in crate::contract) fn salts(&self) -> impl Iterator<Item = &str> {
        self.parts().filter_map(|part| {
            if let Operation::KeyedHash { salt, .. } = &part.operation {
                Some(&**salt)
            } else {
                None
            }
        })
    }

    fn operands(&self) -> Vec<&Expression> {
        match &self.operation {
            Operation::Column(_) | Operation::Literal(_) => Vec::new(),
            Operation::Cast { operand, .. }
            | Operation::Not(operand)
            | Operation::IsNull(operand)
            | Operation::Pattern(operand, ..)
            | Operation::KeyedHash { operand, .. } => vec![operand],
            Operation::Arithmetic(_, operands)
            | Operation::Compare(_, operands)
            | Operation::And(operands)
            | Operation::Or(operands)
            | Operation::Like { operands, .. } => operands.iter().collect(),
            Operation::In(operand, choices) => std::iter::once(&**operand).chain(choices).collect(),
            Operation::Case(branches, otherwise) => {
                let branches = branches.iter().flat_map(|(condition, result)| [condition, result]);
                branches.chain(otherwise.as_deref()).collect()
            }
            Operation::Coalesce(operands) | Operation::Call(_, operands) => {
                operands.iter().collect()
            }
        }
    }
}
