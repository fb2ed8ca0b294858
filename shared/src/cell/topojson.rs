//! `TopoJSON`, as its specification defines it.

use serde_json::{Map, Value};

use super::geojson::{all, has_bounds, is_position};

/// Whether a JSON value is a `TopoJSON` object: a topology, whose geometries refer to arcs that are
/// there, or a geometry alone.
///
/// ```
/// use serde_json::json;
/// use shared::cell::is_topojson;
/// let line = json!({ "type": "LineString", "arcs": [0] });
/// let topology = |arcs| json!({ "type": "Topology", "objects": { "a": line }, "arcs": arcs });
/// assert!(is_topojson(&topology(json!([[[0, 0], [1, 1]]]))));
/// assert!(!is_topojson(&topology(json!([]))));
/// ```
pub fn is_topojson(value: &Value) -> bool {
    let Some(object) = value.as_object() else { return false };
    match object.get("type").and_then(Value::as_str) {
        Some("Topology") => is_topology(object),
        _ => is_geometry(value, usize::MAX),
    }
}

fn is_topology(object: &Map<String, Value>) -> bool {
    let Some(arcs) = object.get("arcs").and_then(Value::as_array) else { return false };
    let objects = object.get("objects").and_then(Value::as_object);
    has_bounds(object)
        && object.get("transform").is_none_or(is_transform)
        && arcs.iter().all(|arc| all(arc, 2, is_position))
        && objects.is_some_and(|all| all.values().all(|value| is_geometry(value, arcs.len())))
}

fn is_transform(value: &Value) -> bool {
    let pair = |name: &str| {
        let pair = value.get(name).and_then(Value::as_array);
        pair.is_some_and(|pair| pair.len() == 2 && pair.iter().all(Value::is_number))
    };
    pair("scale") && pair("translate")
}

/// Whether `value` is a geometry over that many arcs.
fn is_geometry(value: &Value, arcs: usize) -> bool {
    let Some(object) = value.as_object() else { return false };
    let index = |value: &Value| is_index(value, arcs);
    let line = |value: &Value| all(value, 1, index);
    let polygon = |value: &Value| all(value, 0, line);
    let has = |name: &str, test: &dyn Fn(&Value) -> bool| object.get(name).is_some_and(test);
    has_bounds(object)
        && object.get("id").is_none_or(|id| id.is_string() || id.is_number())
        && object.get("properties").is_none_or(Value::is_object)
        && match object.get("type").and_then(Value::as_str) {
            Some("Point") => has("coordinates", &is_position),
            Some("MultiPoint") => has("coordinates", &|list| all(list, 0, is_position)),
            Some("LineString") => has("arcs", &line),
            Some("MultiLineString" | "Polygon") => has("arcs", &polygon),
            Some("MultiPolygon") => has("arcs", &|list| all(list, 0, polygon)),
            Some("GeometryCollection") => {
                has("geometries", &|list| all(list, 0, |value| is_geometry(value, arcs)))
            }
            _ => false,
        }
}

/// The index of an arc; -1 is the first one backwards.
fn is_index(value: &Value, arcs: usize) -> bool {
    let index = value.as_i64().map(|index| if index < 0 { !index } else { index });
    index.and_then(|index| usize::try_from(index).ok()).is_some_and(|index| index < arcs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: bool) {
        assert_eq!(is_topojson(&serde_json::from_str(text).unwrap()), expected, "{text}");
    }

    #[test]
    fn geometries_over_two_arcs() {
        for (geometry, expected) in [
            ("\"type\": \"Point\", \"coordinates\": [1, 2]", true),
            ("\"type\": \"Point\", \"coordinates\": [1]", false),
            ("\"type\": \"MultiPoint\", \"coordinates\": [[1, 2]]", true),
            ("\"type\": \"LineString\", \"arcs\": [0, -2]", true),
            ("\"type\": \"LineString\", \"arcs\": [2]", false),
            ("\"type\": \"LineString\", \"arcs\": [-3]", false),
            ("\"type\": \"LineString\", \"arcs\": [0.5]", false),
            ("\"type\": \"LineString\", \"arcs\": []", false),
            ("\"type\": \"LineString\"", false),
            ("\"type\": \"MultiLineString\", \"arcs\": [[0], [1]]", true),
            ("\"type\": \"Polygon\", \"arcs\": [[0, 1]]", true),
            ("\"type\": \"Polygon\", \"arcs\": [0, 1]", false),
            ("\"type\": \"MultiPolygon\", \"arcs\": [[[0, 1]]]", true),
            (
                "\"type\": \"GeometryCollection\", \"geometries\": [{\"type\": \"LineString\", \"arcs\": [1]}]",
                true,
            ),
            (
                "\"type\": \"GeometryCollection\", \"geometries\": [{\"type\": \"LineString\", \"arcs\": [9]}]",
                false,
            ),
            ("\"type\": \"Point\", \"coordinates\": [1, 2], \"properties\": []", false),
            ("\"type\": \"Point\", \"coordinates\": [1, 2], \"id\": []", false),
            ("\"type\": null", false),
        ] {
            let arcs = "[[[0, 0], [1, 1]], [[1, 1], [0, 0]]]";
            let objects = format!("{{\"x\": {{{geometry}}}}}");
            check(
                &format!("{{\"type\": \"Topology\", \"objects\": {objects}, \"arcs\": {arcs}}}"),
                expected,
            );
        }
    }

    #[test]
    fn topologies() {
        for (text, expected) in [
            ("{\"type\": \"Topology\", \"objects\": {}, \"arcs\": []}", true),
            ("{\"type\": \"Topology\", \"objects\": {}, \"arcs\": [[[0, 0]]]}", false),
            ("{\"type\": \"Topology\", \"objects\": [], \"arcs\": []}", false),
            ("{\"type\": \"Topology\", \"objects\": {}}", false),
            ("{\"type\": \"Topology\", \"arcs\": []}", false),
            (
                "{\"type\": \"Topology\", \"objects\": {}, \"arcs\": [], \
                 \"transform\": {\"scale\": [1, 1], \"translate\": [0, 0]}}",
                true,
            ),
            (
                "{\"type\": \"Topology\", \"objects\": {}, \"arcs\": [], \"transform\": {\"scale\": [1, 1]}}",
                false,
            ),
            (
                "{\"type\": \"Topology\", \"objects\": {}, \"arcs\": [], \"bbox\": [0, 0, 1, 1]}",
                true,
            ),
            ("{\"type\": \"Topology\", \"objects\": {}, \"arcs\": [], \"bbox\": [0, 0]}", false),
            ("{\"type\": \"Point\", \"coordinates\": [1, 2]}", true),
            ("{\"type\": \"LineString\", \"arcs\": [42]}", true),
            ("{\"type\": \"FeatureCollection\", \"features\": []}", false),
            ("[]", false),
        ] {
            check(text, expected);
        }
    }
}
