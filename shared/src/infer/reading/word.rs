//! Texts of a known make: pairs of words, identifiers, addresses, JSON.

/// Words for true and false, in any letter case.
pub(in super::super) const PAIRS: [[&str; 2]; 8] = [
    ["true", "false"],
    ["yes", "no"],
    ["y", "n"],
    ["t", "f"],
    ["on", "off"],
    ["ja", "nein"],
    ["oui", "non"],
    ["si", "no"],
];

/// A text of a known make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Make {
    Uuid,
    Email,
    Uri,
    Duration,
    YearMonth,
    Object,
    Array,
    GeoJson,
    TopoJson,
    GeoPoint,
}

impl Make {
    /// The narrower before the wider; a place is left out, as it comes last of all.
    pub(super) const ALL: [Make; 9] = [
        Make::Uuid,
        Make::YearMonth,
        Make::Duration,
        Make::GeoJson,
        Make::TopoJson,
        Make::Object,
        Make::Array,
        Make::Email,
        Make::Uri,
    ];

    /// The type, and the format if it is not the default.
    pub(super) fn type_and_format(self) -> (&'static str, Option<&'static str>) {
        match self {
            Make::Uuid => ("string", Some("uuid")),
            Make::Email => ("string", Some("email")),
            Make::Uri => ("string", Some("uri")),
            Make::Duration => ("duration", None),
            Make::YearMonth => ("yearmonth", None),
            Make::Object => ("object", None),
            Make::Array => ("array", None),
            Make::GeoJson => ("geojson", None),
            Make::TopoJson => ("geojson", Some("topojson")),
            Make::GeoPoint => ("geopoint", None),
        }
    }

    /// Whether a person would take the cell for it, as far as the contract's reader is laxer.
    pub(super) fn is_plausible(self, cell: &str) -> bool {
        match self {
            Make::Uri => is_known_uri(cell),
            Make::GeoPoint => cell.split(',').all(|degrees| degrees.contains('.')),
            Make::Uuid
            | Make::Email
            | Make::Duration
            | Make::YearMonth
            | Make::Object
            | Make::Array
            | Make::GeoJson
            | Make::TopoJson => true,
        }
    }
}

/// A scheme with `://`, or one of a few others: by the letter `a:b` is a URI too.
fn is_known_uri(cell: &str) -> bool {
    let (scheme, rest) = cell.split_once(':').unwrap_or_default();
    rest.starts_with("//") || matches!(scheme, "mailto" | "urn" | "doi" | "tel")
}
