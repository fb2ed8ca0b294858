//! Small datasets of a test's own.

use cli::local::files::Drop;
use cli::local::stack::{Dropped, Stack};
use serde_json::{Value, json};

use super::bench::said;

/// Makes a dataset known by the fields and the `sluice` property of its files.
pub(crate) async fn make_known(stack: &Stack, dataset: &str, fields: Value, sluice: Value) {
    let folder = tempfile::tempdir().unwrap();
    let schema = json!({ "fields": fields });
    let resource =
        json!({ "name": "rows", "path": "rows.csv", "schema": schema, "sluice": sluice });
    std::fs::create_dir(folder.path().join(dataset)).unwrap();
    let path = folder.path().join(dataset).join("datapackage.json");
    std::fs::write(path, json!({ "resources": [resource] }).to_string()).unwrap();
    said(stack.upload_contracts(folder.path()).await);
}

/// Drops a file with that text.
pub(crate) async fn drop_text(stack: &Stack, key: &str, text: &str) -> Dropped {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file.csv");
    std::fs::write(&path, text).unwrap();
    said(stack.drop_file(&Drop { path, key: key.to_owned() }).await)
}
