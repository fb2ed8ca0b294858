//! The text of a cell to a typed value, in the types and formats of the Table Schema.
//!
//! Invariant: nothing is guessed or rounded; a text that is not exactly of the format is none of its
//! values, and one that can be read as two values is [`CellFault::Ambiguous`]. (A `number` without
//! `decimal` is the double nearest to its text.)
//! Invariant: no bytes make a reader panic, and no reader of a scalar allocates.

mod calendar;
mod decimal;
mod digits;
mod duration;
mod fault;
mod free;
mod geojson;
mod geopoint;
mod json;
mod number;
mod strptime;
mod text;
mod topojson;
mod value;

pub use calendar::{TimeText, date, datetime, time, year, year_month};
pub(crate) use calendar::{is_day, is_instant};
pub use decimal::Decimal;
pub use duration::Duration;
pub use fault::CellFault;
pub use free::{any_date, any_datetime, any_time};
pub use geojson::is_geojson;
pub use geopoint::{GeoPoint, GeoPointFormat};
pub use json::{Json, JsonKind};
pub use number::NumberFormat;
pub use strptime::{Strptime, StrptimeError, Temporal};
pub use text::StringFormat;
pub use topojson::is_topojson;
pub use value::Value;
