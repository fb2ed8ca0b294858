//! Geographic points.

use std::collections::BTreeMap;

use super::number::NumberFormat;

/// How a point is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GeoPointFormat {
    /// `lon, lat`
    Default,
    /// `[lon, lat]`
    Array,
    /// `{"lon": lon, "lat": lat}`
    Object,
}

/// A place on the globe, in degrees.
///
/// Invariant: the longitude lies in -180 to 180, the latitude in -90 to 90.
#[derive(Debug, Clone, Copy)]
pub struct GeoPoint {
    longitude: f64,
    latitude: f64,
}

impl GeoPointFormat {
    /// Every format, with its name in the Table Schema.
    pub const ALL: [(&'static str, Self); 3] = [
        ("default", GeoPointFormat::Default),
        ("array", GeoPointFormat::Array),
        ("object", GeoPointFormat::Object),
    ];
}

impl GeoPoint {
    /// A point in that format.
    ///
    /// ```
    /// use shared::cell::{GeoPoint, GeoPointFormat};
    /// let point = GeoPoint::read(b"90.50, 45.50", GeoPointFormat::Default, &mut String::new());
    /// assert_eq!(point.map(|point| point.degrees()), Some((90.5, 45.5)));
    /// ```
    pub fn read(cell: &[u8], format: GeoPointFormat, scratch: &mut String) -> Option<Self> {
        let (longitude, latitude) = match format {
            GeoPointFormat::Default => {
                let comma = memchr::memchr(b',', cell)?;
                let mut number = |text| NumberFormat::DEFAULT.number(text, scratch);
                (number(cell.get(..comma)?)?, number(cell.get(comma + 1..)?)?)
            }
            GeoPointFormat::Array => {
                let [longitude, latitude]: [f64; 2] = serde_json::from_slice(cell).ok()?;
                (longitude, latitude)
            }
            GeoPointFormat::Object => {
                let members: BTreeMap<String, f64> = serde_json::from_slice(cell).ok()?;
                (members.len() == 2).then_some((*members.get("lon")?, *members.get("lat")?))?
            }
        };
        let inside = (-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude);
        // There is one zero.
        inside.then_some(GeoPoint { longitude: longitude + 0.0, latitude: latitude + 0.0 })
    }

    /// Longitude and latitude.
    pub fn degrees(&self) -> (f64, f64) {
        (self.longitude, self.latitude)
    }
}

impl PartialEq for GeoPoint {
    fn eq(&self, other: &Self) -> bool {
        let bits = |point: &GeoPoint| (point.longitude.to_bits(), point.latitude.to_bits());
        bits(self) == bits(other)
    }
}

impl Eq for GeoPoint {}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(format: GeoPointFormat, accepted: &[&str], refused: &[&str]) {
        let read = |text: &str| GeoPoint::read(text.as_bytes(), format, &mut String::new());
        let first = read(accepted[0]);
        for text in accepted {
            assert!(read(text).is_some(), "{text}");
            assert_eq!(read(text), first, "{text}");
        }
        for text in refused {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn points() {
        check(
            GeoPointFormat::Default,
            &["180,-90", "180, -90", " 180.0 , -9e1 ", "+180,-90.000"],
            &[
                "", ",", "181,90", "0,91", "-180.1,0", "180", "1,2,3", "string", "3.14", "NaN,0",
                "INF,0", "[180,90]", "180;90", "1,5,2,5",
            ],
        );
        check(
            GeoPointFormat::Array,
            &["[0, 90]", "[0.0,9e1]", "[-0.0, 90]"],
            &[
                "",
                "[]",
                "[1]",
                "[1,2,3]",
                "[181, 0]",
                "[\"1\",\"2\"]",
                "[null,1]",
                "1,2",
                "{\"lon\":1,\"lat\":2}",
            ],
        );
        check(
            GeoPointFormat::Object,
            &["{\"lon\": 180, \"lat\": 90}", "{\"lat\": 90.0, \"lon\": 180}"],
            &[
                "",
                "{}",
                "[180, 90]",
                "{\"lon\": 180}",
                "{\"lon\": 181, \"lat\": 90}",
                "{\"lon\": 0, \"lat\": -91}",
                "{\"lon\": 0, \"lat\": 0, \"z\": 0}",
                "{\"lon\": \"0\", \"lat\": 0}",
                "{\"Lon\": 0, \"lat\": 0}",
            ],
        );
    }
}
