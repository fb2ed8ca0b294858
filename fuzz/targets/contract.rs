//! Reading a contract never panics, whatever the bytes are, and what it reads can be used: rows of
//! any kind are accepted or have a fault.

#![no_main]

mod parsed;

use libfuzzer_sys::fuzz_target;
use parsed::parsed;
use shared::contract::Contract;
use shared::header::Layout;
use shared::table::Position;

const ROWS: &[u8] = b"1,2013-01-01,a\n\nx,\"1,5\",{}\n-,NaN,P1D\n";

fuzz_target!(|descriptor: &[u8]| {
    let Ok(contract) = Contract::parse(descriptor, None) else { return };
    let count = contract.published_schema().fields().len() + contract.dropped.len();
    assert_eq!(count, contract.columns().len());
    let layout = Layout::in_order(&contract.input.schema);
    let first = Position { row_number: 2, line_number: 2 };
    let (counts, _) = parsed(&contract, &layout, first, ROWS, b"", ROWS.len());
    assert_eq!(counts, parsed(&contract, &layout, first, ROWS, b"", 1).0);
});
