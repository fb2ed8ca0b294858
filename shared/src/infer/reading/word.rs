//! Texts of a known make: pairs of words, identifiers, addresses, JSON.

use serde_json::Value;

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
    /// The narrower before the wider; a place is left out, since a decimal comma can look like one.
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

    pub(super) fn accepts(self, cell: &str) -> bool {
        match self {
            Make::Uuid => is_uuid(cell),
            Make::Email => is_email(cell),
            Make::Uri => is_uri(cell),
            Make::Duration => is_duration(cell),
            Make::YearMonth => is_year_month(cell),
            Make::Object => json(cell, '{').is_some(),
            Make::Array => json(cell, '[').is_some(),
            Make::GeoJson => has_type(cell, &GEOJSON_TYPES),
            Make::TopoJson => has_type(cell, &["Topology"]),
            Make::GeoPoint => is_geopoint(cell),
        }
    }
}

const GEOJSON_TYPES: [&str; 9] = [
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
    "Feature",
    "FeatureCollection",
];

fn is_uuid(cell: &str) -> bool {
    cell.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
        && cell.split('-').map(str::len).eq([8, 4, 4, 4, 12])
}

fn is_email(cell: &str) -> bool {
    use email_address::{EmailAddress, Options};
    let options = Options::default().without_display_text().without_domain_literal();
    cell.contains('@')
        && EmailAddress::parse_with_options(cell, options.with_required_tld()).is_ok()
}

/// Characters that stand in a URI for themselves, besides letters and digits.
const URI_MARKS: &str = "-._~:/?#[]@!$&'()*+,;=%";

/// Only what nobody would take for something else: a scheme with `://`, or one of a few others.
fn is_uri(cell: &str) -> bool {
    let Some((scheme, rest)) = cell.split_once(':') else { return false };
    let is_known = rest.starts_with("//") && rest.len() > 2
        || matches!(scheme, "mailto" | "urn" | "doi" | "tel") && !rest.is_empty();
    is_known
        && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
        && rest.chars().all(|c| c.is_ascii_alphanumeric() || URI_MARKS.contains(c))
}

fn is_year_month(cell: &str) -> bool {
    let Some((year, month)) = cell.split_once('-') else { return false };
    let is = |text: &str, len| text.len() == len && text.bytes().all(|b| b.is_ascii_digit());
    is(year, 4) && is(month, 2) && ("01"..="12").contains(&month)
}

/// `PnYnMnDTnHnMnS`: each part at most once, in order, at least one; a fraction in seconds only.
fn is_duration(cell: &str) -> bool {
    let Some(text) = cell.strip_prefix('-').unwrap_or(cell).strip_prefix('P') else { return false };
    let (days, clock) = match text.split_once('T') {
        Some((days, clock)) if !clock.is_empty() => (days, clock),
        Some(_) => return false,
        None => (text, ""),
    };
    !text.is_empty() && are_parts(days, "YMD") && are_parts(clock, "HMS")
}

fn are_parts(mut text: &str, mut designators: &str) -> bool {
    while !text.is_empty() {
        let Some(at) = text.find(|c: char| !c.is_ascii_digit() && c != '.') else { return false };
        let Some((number, rest)) = text.split_at_checked(at) else { return false };
        let Some(designator) = rest.chars().next() else { return false };
        let Some(place) = designators.find(designator) else { return false };
        let is_number = match number.split_once('.') {
            None => !number.is_empty(),
            Some((whole, fraction)) => {
                designator == 'S'
                    && !whole.is_empty()
                    && !fraction.is_empty()
                    && !fraction.contains('.')
            }
        };
        if !is_number {
            return false;
        }
        text = rest.get(1..).unwrap_or_default();
        designators = designators.get(place + 1..).unwrap_or_default();
    }
    true
}

fn json(cell: &str, opening: char) -> Option<Value> {
    cell.trim_start().starts_with(opening).then(|| serde_json::from_str(cell).ok())?
}

fn has_type(cell: &str, types: &[&str]) -> bool {
    let value = json(cell, '{');
    value.as_ref().and_then(|value| value.get("type")?.as_str()).is_some_and(|t| types.contains(&t))
}

/// Longitude and latitude, with a fraction each: two bare integers are rather something else.
fn is_geopoint(cell: &str) -> bool {
    let Some((longitude, latitude)) = cell.split_once(',') else { return false };
    let degrees = |text: &str, bound: f64| {
        let text = text.trim();
        text.contains('.')
            && crate::cell::number(text.as_bytes()).is_some_and(|number| number.abs() <= bound)
    };
    degrees(longitude, 180.0) && degrees(latitude, 90.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(make: Make, accepted: &[&str], refused: &[&str]) {
        for cell in accepted {
            assert!(make.accepts(cell), "{make:?} {cell}");
        }
        for cell in refused.iter().chain(&["", " ", "x", "1"]) {
            assert!(!make.accepts(cell), "{make:?} {cell}");
        }
    }

    #[test]
    fn texts_of_a_known_make() {
        check(
            Make::Uuid,
            &["123e4567-e89b-12d3-a456-426614174000"],
            &["123e4567e89b12d3a456426614174000", "123e4567-e89b-12d3-a456-42661417400g"],
        );
        check(Make::Email, &["a.b@example.org"], &["a@b@c", "A <a@example.org>", "a@b", "@"]);
        check(
            Make::Uri,
            &["https://a.org/b?c=d", "urn:isbn:1"],
            &["a:b", "http://", "x y://z", "10:30"],
        );
        check(
            Make::Duration,
            &["P1D", "-P1Y2M3DT4H5M6.7S", "PT0S"],
            &["P", "P1DT", "P1M1Y", "PT1.5H", "P1W"],
        );
        check(Make::YearMonth, &["2013-01"], &["2013-13", "2013-1", "13-01"]);
    }

    #[test]
    fn json_and_places() {
        check(Make::Object, &["{}", "{\"a\": 1}"], &["[]", "{", "\"a\""]);
        check(Make::Array, &["[]", "[1, 2]"], &["{}", "[1", "[1] 2"]);
        check(
            Make::GeoJson,
            &["{\"type\": \"Point\", \"coordinates\": [1, 2]}"],
            &["{}", "{\"type\": \"Topology\"}", "{\"type\": 1}"],
        );
        check(Make::GeoPoint, &["90.50, 45.50", "-1.5,2.5"], &["1,2", "190.5,1.5", "1.5,2.5,3.5"]);
    }
}
