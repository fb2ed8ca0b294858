//! Words of SQL for types and for fields of dates.

use arrow_schema::DataType;
use sqlparser::ast::{DataType as SqlType, DateTimeField, ExactNumberInfo};

use super::DateField;
use crate::contract::instant_type;

/// Our type of that name.
pub(super) fn data_type(name: &SqlType) -> Option<DataType> {
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "SQL has far more than is supported, and more with every release of the parser"
    )]
    match name {
        SqlType::BigInt(None) | SqlType::Int(None) | SqlType::Integer(None) => {
            Some(DataType::Int64)
        }
        SqlType::Double(_) | SqlType::DoublePrecision => Some(DataType::Float64),
        SqlType::Decimal(info) | SqlType::Numeric(info) => {
            let (precision, scale) = match *info {
                ExactNumberInfo::PrecisionAndScale(precision, scale) => (precision, scale),
                ExactNumberInfo::Precision(precision) => (precision, 0),
                ExactNumberInfo::None => return None,
            };
            let (precision, scale) = (u8::try_from(precision).ok()?, i8::try_from(scale).ok()?);
            crate::cell::Decimal::new(precision, scale)?;
            Some(DataType::Decimal128(precision, scale))
        }
        SqlType::Varchar(None) | SqlType::Text | SqlType::String(None) => Some(DataType::Utf8),
        SqlType::Boolean | SqlType::Bool => Some(DataType::Boolean),
        SqlType::Date => Some(DataType::Date32),
        SqlType::Timestamp(None, _) => Some(instant_type()),
        _ => None,
    }
}

/// Our field of that name.
pub(super) fn date_field(field: &DateTimeField) -> Option<DateField> {
    field_named(&field.to_string())
}

/// The same of a name that stands in a text.
pub(super) fn field_named(name: &str) -> Option<DateField> {
    Some(match name.to_ascii_lowercase().as_str() {
        "year" => DateField::Year,
        "quarter" => DateField::Quarter,
        "month" => DateField::Month,
        "week" => DateField::Week,
        "day" => DateField::Day,
        "isodow" => DateField::DayOfWeek,
        "doy" => DateField::DayOfYear,
        "hour" => DateField::Hour,
        "minute" => DateField::Minute,
        "second" => DateField::Second,
        _ => return None,
    })
}

/// What SQL calls one of our types.
pub(in crate::contract) fn sql_name(data_type: &DataType) -> String {
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "arrow has far more types than a table of ours"
    )]
    match data_type {
        DataType::Null => "NULL".to_owned(),
        DataType::Boolean => "BOOLEAN".to_owned(),
        DataType::Int64 => "BIGINT".to_owned(),
        DataType::Float64 => "DOUBLE".to_owned(),
        DataType::Decimal128(precision, scale) => format!("DECIMAL({precision}, {scale})"),
        DataType::Utf8 => "VARCHAR".to_owned(),
        DataType::Date32 => "DATE".to_owned(),
        DataType::Timestamp(..) => "TIMESTAMP".to_owned(),
        other => other.to_string(),
    }
}
