//! What is the same for all chunks of an execution.

use std::collections::BTreeMap;

use shared::contract::Contract;
use shared::job::{Job, Work, read_json};
use shared::keys::{HASH_LEN, KEY_SET_LIMIT, KeySet};
use shared::store::{Object, Store, read_whole};

use crate::error::ParseError;
use crate::foreign_keys::ForeignKeys;

/// Bytes that the keys that a foreign key may name may have: `Validate` refuses what has more.
const KEYS_LIMIT: u64 = KEY_SET_LIMIT * HASH_LEN as u64;

/// The job of an execution and all that its chunks need: the contract, and the keys that its foreign
/// keys may name.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) job: Job,
    pub(crate) contract: Contract,
    pub(crate) foreign_keys: ForeignKeys,
}

impl Prepared {
    pub(crate) async fn read(work: Work<'_>, store: &impl Store) -> Result<Self, ParseError> {
        let job: Job = read_json(store, work.job()).await?;
        let contract = job.contract()?;
        let mut known = BTreeMap::new();
        for &position in ForeignKeys::needed(&contract).keys() {
            let object = Object::output(work.key_set(position));
            let keys = read_whole(store, &object, None, KEYS_LIMIT).await?;
            known.insert(position, KeySet::from_bytes(keys));
        }
        let foreign_keys = ForeignKeys::new(&contract, known)?;
        Ok(Prepared { job, contract, foreign_keys })
    }
}
