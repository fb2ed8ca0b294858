//! The statement that makes a table known to Athena, to be run once in the database of one's choice.

/// `CREATE EXTERNAL TABLE` for the Delta table of a dataset at an S3 location. It names no columns:
/// Athena takes them from the table's log. Neither a dataset nor a bucket has a quote in its name.
///
/// ```
/// assert_eq!(
///     settle::athena::create_table("orders-2026", "s3://bucket/published/orders-2026/"),
///     "CREATE EXTERNAL TABLE `orders_2026`\n\
///      LOCATION 's3://bucket/published/orders-2026/'\n\
///      TBLPROPERTIES ('table_type' = 'DELTA')\n"
/// );
/// ```
pub fn create_table(dataset: &str, location: &str) -> String {
    let name = table_name(dataset);
    format!(
        "CREATE EXTERNAL TABLE `{name}`\nLOCATION '{location}'\nTBLPROPERTIES ('table_type' = 'DELTA')\n"
    )
}

/// In lower case, as Athena keeps names, and without the characters on which its later statements may
/// fail, even in backticks.
fn table_name(dataset: &str) -> String {
    let legal = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    dataset.chars().map(legal).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_athena_takes() {
        for (dataset, expected) in [
            ("flights", "flights"),
            ("Orders--all", "orders__all"),
            ("a.b-c_d", "a_b_c_d"),
            ("2013", "2013"),
        ] {
            assert_eq!(table_name(dataset), expected);
        }
    }
}
