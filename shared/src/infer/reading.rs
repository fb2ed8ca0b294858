//! Readings: what the cells of a column may be.
//!
//! Invariant: a reading is a field descriptor with a strict reader; a column keeps those readings
//! that accept every cell.

mod moment;
mod number;
mod word;

use serde_json::{Map, Value, json};

pub(super) use moment::{Kind, Moment};
pub(super) use number::{Doubt, Numeral, doubt, is_plain};
pub(super) use word::{Make, PAIRS};

use crate::cell;

/// One way to read the cells of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reading {
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
    /// Every reading narrower than text that accepts `cell`, the preferred first.
    pub(super) fn all(cell: &str) -> Vec<Reading> {
        let fixed = (0..PAIRS.len())
            .map(Reading::Boolean)
            .chain([Kind::Date, Kind::DateTime, Kind::Time].map(Reading::Default))
            .chain(Make::ALL.map(Reading::Made))
            .chain([Reading::Year])
            .filter(|reading| reading.accepts(cell));
        let mut numerals: Vec<Numeral> =
            Numeral::all().filter(|numeral| numeral.accepts(cell)).collect();
        numerals.sort_by_key(|numeral| numeral.rank());
        let patterns = moment::readings(cell).into_iter().map(Reading::from);
        let place = Some(Reading::Made(Make::GeoPoint)).filter(|place| place.accepts(cell));
        fixed
            .chain(patterns)
            .chain(numerals.into_iter().map(Reading::Numeral))
            .chain(place)
            .collect()
    }

    /// Whether `cell` can be read so.
    pub(super) fn accepts(&self, cell: &str) -> bool {
        match self {
            Reading::Boolean(pair) => PAIRS
                .get(*pair)
                .is_some_and(|words| words.iter().any(|word| word.eq_ignore_ascii_case(cell))),
            Reading::Default(Kind::Date) => cell::date(cell.as_bytes()).is_some(),
            Reading::Default(Kind::Time) => cell::time(cell.as_bytes()).is_some(),
            Reading::Default(Kind::DateTime) => cell::datetime(cell.as_bytes()).is_some(),
            Reading::Made(make) => make.accepts(cell),
            Reading::Year => cell.len() == 4 && cell.bytes().all(|byte| byte.is_ascii_digit()),
            Reading::Numeral(numeral) => numeral.accepts(cell),
            Reading::Pattern(kind, pattern) => moment::readings(cell)
                .iter()
                .any(|moment| moment.kind == *kind && moment.pattern == *pattern),
            Reading::Text => true,
        }
    }

    /// Whether every bare integer can be read so.
    pub(super) fn accepts_integers(&self) -> bool {
        matches!(self, Reading::Numeral(_))
    }

    /// The properties of the field descriptor, its name apart.
    pub(super) fn properties(&self) -> Map<String, Value> {
        let mut properties = Map::new();
        let mut set = |name: &str, value: Value| properties.insert(name.to_owned(), value);
        let (name, format) = self.type_and_format();
        set("type", json!(name));
        if let Some(format) = format {
            set("format", json!(format));
        }
        if let Reading::Numeral(numeral) = self {
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
            Reading::Boolean(_) => ("boolean", None),
            Reading::Default(kind) => (kind_name(*kind), None),
            Reading::Made(make) => make.type_and_format(),
            Reading::Year => ("year", None),
            Reading::Numeral(numeral) if numeral.decimal.is_some() => ("number", None),
            Reading::Numeral(_) => ("integer", None),
            Reading::Pattern(kind, pattern) => (kind_name(*kind), Some(pattern)),
            Reading::Text => ("string", None),
        }
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
        match (self, other) {
            (Reading::Numeral(one), Reading::Numeral(other)) => one.conflicts(*other),
            (Reading::Pattern(_, one), Reading::Pattern(_, other)) => {
                let short = |pattern: &str| pattern.replace("%B", "%b").replace("%A", "%a");
                short(one) != short(other)
            }
            _ => false,
        }
    }

    /// What a cell means, for a person.
    pub(super) fn meaning(&self, cell: &str) -> Option<String> {
        match self {
            Reading::Numeral(numeral) => numeral.bare(cell),
            Reading::Pattern(_, pattern) => moment::readings(cell)
                .into_iter()
                .find(|moment| moment.pattern == *pattern)
                .map(|moment| moment.day),
            Reading::Boolean(_)
            | Reading::Default(_)
            | Reading::Made(_)
            | Reading::Year
            | Reading::Text => None,
        }
    }
}

impl From<Moment> for Reading {
    fn from(moment: Moment) -> Self {
        Reading::Pattern(moment.kind, moment.pattern)
    }
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Date => "date",
        Kind::Time => "time",
        Kind::DateTime => "datetime",
    }
}
