//! Readings: what the cells of a column may be.
//!
//! Invariant: a reading is a field descriptor, and cells are read by the contract's own reader of that
//! field: what a draft says of a column, a check finds too.

mod moment;
mod number;
mod word;

use chrono::{DateTime, NaiveDate};
use serde_json::{Map, Value, json};

pub(super) use moment::{Kind, Moment};
pub(super) use number::{Doubt, Numeral, doubt, is_plain};
pub(super) use word::{Make, PAIRS};

use crate::cell;
use crate::contract::{Field, FieldType};

/// One way to read the cells of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    pub(super) form: Form,
    /// What the contract makes of it.
    field_type: FieldType,
}

/// What kind of reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Form {
    /// One of two words, by its place among [`PAIRS`].
    Boolean(usize),
    /// A date or time in its default format.
    Default(Kind),
    /// A text of a known make.
    Made(Make),
    /// Four digits.
    Year,
    /// Digits.
    Numeral(Numeral),
    /// A date or time by a pattern.
    Pattern(Kind, String),
    /// Anything.
    Text,
}

impl Reading {
    /// Any text: the reading that is always safe.
    pub(super) fn text() -> Self {
        Reading { form: Form::Text, field_type: FieldType::STRING }
    }

    /// Every reading narrower than text that accepts `cell`, the preferred first.
    pub(super) fn all(cell: &str) -> Vec<Reading> {
        let fixed = (0..PAIRS.len())
            .map(Form::Boolean)
            .chain([Kind::Date, Kind::DateTime, Kind::Time].map(Form::Default))
            .chain(Make::ALL.map(Form::Made))
            .chain([Form::Year]);
        let patterns = moment::readings(cell).into_iter();
        let mut numerals: Vec<Numeral> = Numeral::all().collect();
        numerals.sort_by_key(|numeral| numeral.rank());
        fixed
            .chain(patterns.map(|Moment { kind, pattern }| Form::Pattern(kind, pattern)))
            .chain(numerals.into_iter().map(Form::Numeral))
            // Behind numerals, since a decimal comma can look like two coordinates.
            .chain([Form::Made(Make::GeoPoint)])
            .filter(|form| form.is_plausible(cell))
            .filter_map(Reading::new)
            .filter(|reading| reading.accepts(cell))
            .collect()
    }

    /// The reading, if the contract has a field of that form.
    fn new(form: Form) -> Option<Self> {
        let mut descriptor = form.properties();
        descriptor.insert("name".to_owned(), json!(""));
        let field = Field::parse(&Value::Object(descriptor)).ok()?;
        Some(Reading { form, field_type: field.field_type })
    }

    /// Whether `cell` can be read so.
    pub(super) fn accepts(&self, cell: &str) -> bool {
        self.form.is_plausible(cell) && (self.is_boolean() || self.read(cell).is_some())
    }

    /// The words of a boolean are known only when all have been seen.
    fn is_boolean(&self) -> bool {
        matches!(self.form, Form::Boolean(_))
    }

    fn read<'c>(&self, cell: &'c str) -> Option<cell::Value<'c>> {
        self.field_type.read(cell.as_bytes(), &mut String::new()).ok()
    }

    /// Whether every bare integer can be read so.
    pub(super) fn accepts_integers(&self) -> bool {
        matches!(self.form, Form::Numeral(_))
    }

    /// The properties of the field descriptor, its name apart.
    pub(super) fn properties(&self) -> Map<String, Value> {
        self.form.properties()
    }

    /// The reading in one line, as it is chosen: `date:%d/%m/%Y`, `number decimalChar=,`.
    pub(super) fn spelling(&self) -> String {
        let properties = self.properties();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        properties.iter().fold(String::new(), |spelling, (name, value)| match name.as_str() {
            "type" => text(value),
            "format" => format!("{spelling}:{}", text(value)),
            _ => format!("{spelling} {name}={}", text(value)),
        })
    }

    /// Whether some text means something else in the other reading, though both accept it.
    pub(super) fn conflicts(&self, other: &Reading) -> bool {
        match (&self.form, &other.form) {
            (Form::Numeral(one), Form::Numeral(other)) => one.conflicts(*other),
            (Form::Pattern(_, one), Form::Pattern(_, other)) => {
                let short = |pattern: &str| pattern.replace("%B", "%b").replace("%A", "%a");
                short(one) != short(other)
            }
            _ => false,
        }
    }

    /// What a cell means, for a person; None where that is the cell itself.
    pub(super) fn meaning(&self, cell: &str) -> Option<String> {
        Some(match self.read(cell)? {
            cell::Value::Integer(number) => number.to_string(),
            cell::Value::Number(number) => number.to_string(),
            cell::Value::Date(days) => NaiveDate::from_epoch_days(days)?.to_string(),
            cell::Value::Instant(micros) => {
                DateTime::from_timestamp_micros(micros)?.naive_utc().to_string()
            }
            cell::Value::Time(_)
            | cell::Value::Text(_)
            | cell::Value::Decimal(_)
            | cell::Value::Boolean(_)
            | cell::Value::Month(_)
            | cell::Value::Duration(_)
            | cell::Value::GeoPoint(_)
            | cell::Value::Json(_)
            | cell::Value::List { .. } => return None,
        })
    }
}

impl Form {
    /// Whether a person would take the cell for it; the contract's reader is the second to be asked.
    fn is_plausible(&self, cell: &str) -> bool {
        match self {
            Form::Boolean(pair) => PAIRS
                .get(*pair)
                .is_some_and(|words| words.iter().any(|word| word.eq_ignore_ascii_case(cell))),
            Form::Made(make) => make.is_plausible(cell),
            Form::Numeral(numeral) => numeral.is_plausible(cell),
            Form::Pattern(_, pattern) => pattern != moment::COMPACT || cell.len() == 8,
            Form::Default(_) | Form::Year | Form::Text => true,
        }
    }

    fn properties(&self) -> Map<String, Value> {
        let mut properties = Map::new();
        let mut set = |name: &str, value: Value| properties.insert(name.to_owned(), value);
        let (name, format) = self.type_and_format();
        set("type", json!(name));
        if let Some(format) = format {
            set("format", json!(format));
        }
        if let Form::Numeral(numeral) = self {
            if let Some(decimal) = numeral.decimal.filter(|&decimal| decimal != '.') {
                set("decimalChar", json!(decimal));
            }
            if let Some(group) = numeral.group {
                set("groupChar", json!(group));
            }
            if numeral.has_unit {
                set("bareNumber", json!(false));
            }
        }
        properties
    }

    /// The type, and the format if it is not the default.
    fn type_and_format(&self) -> (&'static str, Option<&str>) {
        match self {
            Form::Boolean(_) => ("boolean", None),
            Form::Default(kind) => (kind.type_name(), None),
            Form::Made(make) => make.type_and_format(),
            Form::Year => ("year", None),
            Form::Numeral(numeral) if numeral.decimal.is_some() => ("number", None),
            Form::Numeral(_) => ("integer", None),
            Form::Pattern(kind, pattern) => (kind.type_name(), Some(pattern)),
            Form::Text => ("string", None),
        }
    }
}
