//! `GeoJSON`, as RFC 7946 defines it.
//!
//! Whether coordinates lie on the globe is not asked, since the RFC leaves that open.

use serde_json::{Map, Value};

use super::json::same;

/// Members that define a type, and the types that they must not stand in (RFC 7946, section 7.1).
const OF_GEOMETRIES: [&str; 2] = ["coordinates", "geometries"];
const OF_FEATURES: [&str; 2] = ["geometry", "properties"];
const OF_COLLECTIONS: [&str; 1] = ["features"];

/// Whether a JSON value is a `GeoJSON` object: its types, its members, the nesting and number of its
/// coordinates. Members that the RFC does not know may be there.
///
/// ```
/// use serde_json::json;
/// use shared::cell::is_geojson;
/// assert!(is_geojson(&json!({ "type": "Point", "coordinates": [1, 2] })));
/// assert!(!is_geojson(&json!({ "type": "Point", "coordinates": [1] })));
/// ```
pub fn is_geojson(value: &Value) -> bool {
    let Some(object) = value.as_object() else { return false };
    has_bounds(object)
        && match kind(object) {
            Some("Feature") => is_feature(object),
            Some("FeatureCollection") => {
                lacks(object, &OF_GEOMETRIES)
                    && lacks(object, &OF_FEATURES)
                    && object.get("features").is_some_and(|list| all(list, 0, is_feature_value))
            }
            _ => is_geometry(object),
        }
}

fn is_feature_value(value: &Value) -> bool {
    value.as_object().is_some_and(|object| {
        kind(object) == Some("Feature") && has_bounds(object) && is_feature(object)
    })
}

fn is_feature(object: &Map<String, Value>) -> bool {
    let geometry = object
        .get("geometry")
        .is_some_and(|value| value.is_null() || value.as_object().is_some_and(is_geometry));
    let properties = object.get("properties");
    geometry
        && properties.is_some_and(|value| value.is_null() || value.is_object())
        && object.get("id").is_none_or(|id| id.is_string() || id.is_number())
        && lacks(object, &OF_GEOMETRIES)
        && lacks(object, &OF_COLLECTIONS)
}

fn is_geometry(object: &Map<String, Value>) -> bool {
    if !lacks(object, &OF_FEATURES) || !lacks(object, &OF_COLLECTIONS) || !has_bounds(object) {
        return false;
    }
    let is = |test: fn(&Value) -> bool| object.get("coordinates").is_some_and(test);
    match kind(object) {
        Some("Point") => is(is_position),
        Some("MultiPoint") => is(|list| all(list, 0, is_position)),
        Some("LineString") => is(is_line),
        Some("MultiLineString") => is(|list| all(list, 0, is_line)),
        Some("Polygon") => is(is_polygon),
        Some("MultiPolygon") => is(|list| all(list, 0, is_polygon)),
        Some("GeometryCollection") => object
            .get("geometries")
            .is_some_and(|list| all(list, 0, |value| value.as_object().is_some_and(is_geometry))),
        _ => false,
    }
}

fn kind(object: &Map<String, Value>) -> Option<&str> {
    object.get("type")?.as_str()
}

fn lacks(object: &Map<String, Value>, members: &[&str]) -> bool {
    members.iter().all(|&member| !object.contains_key(member))
}

/// Whether a list has that many items, and all are as they ought to be.
pub(super) fn all(value: &Value, least: usize, test: impl Fn(&Value) -> bool) -> bool {
    value.as_array().is_some_and(|items| items.len() >= least && items.iter().all(test))
}

/// Two coordinates or more.
pub(super) fn is_position(value: &Value) -> bool {
    all(value, 2, Value::is_number)
}

fn is_line(value: &Value) -> bool {
    all(value, 2, is_position)
}

/// A closed line of at least four positions.
fn is_ring(value: &Value) -> bool {
    let Some([first, .., last]) = value.as_array().map(Vec::as_slice) else { return false };
    all(value, 4, is_position) && same(first, last)
}

fn is_polygon(value: &Value) -> bool {
    all(value, 0, is_ring)
}

/// A bounding box has both ends of each of its axes.
pub(super) fn has_bounds(object: &Map<String, Value>) -> bool {
    object.get("bbox").is_none_or(|bounds| {
        all(bounds, 4, Value::is_number)
            && bounds.as_array().is_some_and(|ends| ends.len().is_multiple_of(2))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        assert_eq!(is_geojson(&serde_json::from_str(text).unwrap()), expected, "{text}");
    }

    #[test]
    fn geometries() {
        for (kind, coordinates, expected) in [
            ("Point", "[1, 2]", true),
            ("Point", "[1, 2, 3]", true),
            ("Point", "[1]", false),
            ("Point", "[]", false),
            ("Point", "[1, \"2\"]", false),
            ("Point", "[[1, 2]]", false),
            ("Point", "null", false),
            ("point", "[1, 2]", false),
            ("MultiPoint", "[[1, 2], [3, 4]]", true),
            ("MultiPoint", "[]", true),
            ("MultiPoint", "[1, 2]", false),
            ("LineString", "[[1, 2], [3, 4]]", true),
            ("LineString", "[[1, 2]]", false),
            ("MultiLineString", "[[[1, 2], [3, 4]]]", true),
            ("MultiLineString", "[[[1, 2]]]", false),
            ("Polygon", "[[[0, 0], [1, 0], [1, 1], [0.0, 0]]]", true),
            ("Polygon", "[[[0, 0], [1, 0], [1, 1], [0, 1]]]", false),
            ("Polygon", "[[[0, 0], [1, 0], [0, 0]]]", false),
            ("Polygon", "[[0, 0], [1, 0], [1, 1], [0, 0]]", false),
            ("MultiPolygon", "[[[[0, 0], [1, 0], [1, 1], [0, 0]]]]", true),
            ("MultiPolygon", "[[[0, 0], [1, 0], [1, 1], [0, 0]]]", false),
            ("Circle", "[1, 2]", false),
        ] {
            check(&format!("{{\"type\": \"{kind}\", \"coordinates\": {coordinates}}}"), expected);
        }
    }

    #[test]
    fn features_and_collections() {
        const POINT: &str = "{\"type\": \"Point\", \"coordinates\": [1, 2]}";
        let feature = |geometry: &str, more: &str| {
            format!("{{\"type\": \"Feature\", \"geometry\": {geometry}{more}}}")
        };
        let whole = feature(POINT, ", \"properties\": {\"a\": 1}, \"id\": 7");
        for (text, expected) in [
            (whole.clone(), true),
            (feature("null", ", \"properties\": null"), true),
            (feature("null", ""), false),
            (feature("1", ", \"properties\": null"), false),
            (feature("{}", ", \"properties\": null"), false),
            (feature("null", ", \"properties\": []"), false),
            (feature("null", ", \"properties\": null, \"id\": true"), false),
            (feature("null", ", \"properties\": null, \"coordinates\": []"), false),
            (feature("null", ", \"properties\": null, \"bbox\": [0, 0, 1, 1]"), true),
            (feature("null", ", \"properties\": null, \"bbox\": [0, 0, 1]"), false),
            (feature("null", ", \"properties\": null, \"other\": []"), true),
            (feature(&whole, ", \"properties\": null"), false),
            (format!("{{\"type\": \"FeatureCollection\", \"features\": [{whole}]}}"), true),
            (format!("{{\"type\": \"FeatureCollection\", \"features\": [{POINT}]}}"), false),
            ("{\"type\": \"FeatureCollection\"}".to_owned(), false),
            (
                "{\"type\": \"FeatureCollection\", \"features\": [], \"properties\": {}}"
                    .to_owned(),
                false,
            ),
            (format!("{{\"type\": \"GeometryCollection\", \"geometries\": [{POINT}]}}"), true),
            (format!("{{\"type\": \"GeometryCollection\", \"geometries\": [{whole}]}}"), false),
            ("{\"type\": \"GeometryCollection\", \"geometries\": {}}".to_owned(), false),
            ("{\"coordinates\": [1, 2]}".to_owned(), false),
            ("{\"type\": \"Topology\", \"objects\": {}, \"arcs\": []}".to_owned(), false),
            ("{}".to_owned(), false),
            ("[]".to_owned(), false),
        ] {
            check(&text, expected);
        }
    }
}
