//! What is compared over the whole file, and for whom.

use shared::contract::Contract;

/// Fields whose values together are compared over all rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Watch<'a> {
    /// Their positions in the schema, 0-based.
    pub(crate) fields: &'a [usize],
    /// Positions of the keys over these fields, among the keys of the schema.
    pub(crate) keys: Vec<u32>,
    /// Positions in the schema of the foreign keys that point to these fields.
    pub(crate) foreign_keys: Vec<usize>,
}

/// All that is to be compared for a contract: the same fields once.
pub(crate) fn watches(contract: &Contract) -> Vec<Watch<'_>> {
    let mut watches: Vec<Watch<'_>> = Vec::new();
    let keys = contract.input.schema.keys.iter().zip(0..);
    let keys = keys.map(|(key, at)| Watch { keys: vec![at], ..Watch::of(&key.fields) });
    let targets = contract.self_references.iter();
    let targets =
        targets.map(|own| Watch { foreign_keys: vec![own.position], ..Watch::of(&own.target) });
    for watch in keys.chain(targets) {
        match watches.iter_mut().find(|known| known.fields == watch.fields) {
            Some(known) => known.join(watch),
            None => watches.push(watch),
        }
    }
    watches
}

impl<'a> Watch<'a> {
    fn of(fields: &'a [usize]) -> Self {
        Watch { fields, keys: Vec::new(), foreign_keys: Vec::new() }
    }

    fn join(&mut self, other: Self) {
        self.keys.extend(other.keys);
        self.foreign_keys.extend(other.foreign_keys);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_fields_are_compared_once() {
        let text = br#"{"resources": [{"name": "r", "path": "r.csv", "schema": {
            "fields": [{"name": "a", "constraints": {"unique": true}}, {"name": "b"}],
            "uniqueKeys": [["b", "a"]], "primaryKey": "a",
            "foreignKeys": [{"fields": "b", "reference": {"fields": "a"}},
                {"fields": "a", "reference": {"fields": "b"}}]
        }}]}"#;
        let contract = Contract::parse(text, None).unwrap();
        let expected = [
            Watch { fields: &[0], keys: vec![0, 2], foreign_keys: vec![0] },
            Watch { fields: &[1, 0], keys: vec![1], foreign_keys: vec![] },
            Watch { fields: &[1], keys: vec![], foreign_keys: vec![1] },
        ];
        assert_eq!(watches(&contract), expected);
    }
}
