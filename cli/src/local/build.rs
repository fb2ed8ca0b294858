//! From the sources to what is packaged: the binaries of the functions, packed, beside the template.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::child::{Children, Task};
use super::console::Console;
use super::environment::Environment;
use super::error::LocalError;
use super::workspace::{Workspace, cargo_arguments};

const BUILD_LIMIT: Duration = Duration::from_hours(1);
const PACK_LIMIT: Duration = Duration::from_mins(5);
const TEMPLATE: &str = "template.yaml";
/// What the template names beside the functions.
const DEFINITION: &str = "statemachine.asl.json";

/// Builds and packs the functions.
#[derive(Debug)]
pub struct Builder<'a> {
    /// Where the sources are.
    pub workspace: &'a Workspace,
    /// Starts cargo and the packer.
    pub children: &'a Children,
    /// The environment of cargo.
    pub environment: &'a Environment,
    /// The interpreter of the packer.
    pub python: &'a Path,
}

impl Builder<'_> {
    /// Builds the binaries that the template names, and puts all that is deployed in a folder.
    ///
    /// `CodeUri` names a file there, not the folder of a crate: the packed binary, which
    /// `aws cloudformation package` then uploads as it is.
    ///
    /// # Errors
    /// [`LocalError::Build`], [`LocalError::NoBinary`] and [`LocalError::File`].
    pub async fn stage(&self, stage: &Path, console: &Console) -> Result<(), LocalError> {
        let template = self.workspace.path(TEMPLATE);
        let text =
            std::fs::read_to_string(&template).map_err(LocalError::file("read", &template))?;
        let (text, names) = staged(&text);
        let binaries = console.shown("build the functions", self.build(console)).await?;
        console.phase("pack the functions", self.pack(&names, &binaries, stage)).await?;
        let template = stage.join(TEMPLATE);
        std::fs::write(&template, text).map_err(LocalError::file("write", &template))?;
        let (from, to) = (self.workspace.path(DEFINITION), stage.join(DEFINITION));
        std::fs::copy(&from, &to).map_err(LocalError::file("copy", &from))?;
        Ok(())
    }

    /// The executables of the workspace, by name.
    async fn build(&self, console: &Console) -> Result<BTreeMap<String, PathBuf>, LocalError> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        // The whole workspace, for the same features as when this program was built.
        let task = Task::new(cargo, self.environment, &self.workspace.path(""))
            .args(["build", "--workspace", "--bins"])
            .arg("--message-format=json-render-diagnostics")
            .args(std::env::current_exe().map(|path| cargo_arguments(&path)).unwrap_or_default());
        let output = if console.is_silent() {
            self.children.output(&task, BUILD_LIMIT).await
        } else {
            self.children.talk(&task, BUILD_LIMIT).await
        };
        let output = output.map_err(LocalError::Build)?;
        Ok(executables(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Packs the binaries whose packs are not of the same age.
    async fn pack(
        &self,
        names: &[String],
        binaries: &BTreeMap<String, PathBuf>,
        stage: &Path,
    ) -> Result<(), LocalError> {
        let mut pairs: Vec<OsString> = Vec::new();
        for name in names {
            let from =
                binaries.get(name).ok_or_else(|| LocalError::NoBinary { name: name.clone() })?;
            let to = stage.join(pack_name(name));
            if !same_age(from, &to) {
                pairs.extend([from.into(), to.into()]);
            }
        }
        if pairs.is_empty() {
            return Ok(());
        }
        let task = Task::new(self.python, self.environment, stage)
            .arg("-I")
            .arg(self.workspace.own("pack.py"))
            .args(pairs);
        let packed = self.children.output(&task, PACK_LIMIT).await;
        packed.map(|_| ()).map_err(LocalError::Build)
    }
}

/// The template with the pack of a function for each `CodeUri`, and the binaries in those.
///
/// The binary is that of the crate's name, unless `Binary` says another: a crate may have several.
fn staged(template: &str) -> (String, Vec<String>) {
    let (mut text, mut binaries) = (String::new(), Vec::new());
    let mut named = None;
    for line in template.lines() {
        if line.trim() == "Type: AWS::Serverless::Function" {
            named = None;
        }
        named = line.split_once("Binary:").map(|(_, name)| bare(name)).or(named);
        if let Some((indent, uri)) = line.split_once("CodeUri:") {
            let binary = named.take().unwrap_or_else(|| crate_name(uri));
            text.extend([indent, "CodeUri: ", &pack_name(&binary)]);
            binaries.push(binary);
        } else {
            text.push_str(line);
        }
        text.push('\n');
    }
    (text, binaries)
}

/// The last segment of a path.
fn crate_name(uri: &str) -> String {
    let uri = bare(uri);
    uri.rsplit('/').next().unwrap_or_default().to_owned()
}

/// A scalar of YAML without what may stand around it.
fn bare(scalar: &str) -> String {
    scalar.trim_matches([' ', '}', '"', '\'', '/']).to_owned()
}

/// Name of the file with a packed binary.
fn pack_name(binary: &str) -> String {
    format!("{binary}.zip")
}

/// A message of cargo: only artifacts have a target and may have an executable.
#[derive(Deserialize)]
struct Message {
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

fn executables(messages: &str) -> BTreeMap<String, PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    messages.filter_map(|message| Some((message.target?.name, message.executable?))).collect()
}

fn same_age(one: &Path, other: &Path) -> bool {
    let time = |path: &Path| path.metadata().and_then(|found| found.modified()).ok();
    time(one).is_some() && time(one) == time(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_names_the_functions() {
        let template = include_str!("../../../template.yaml");
        let (text, found) = staged(template);
        assert_eq!(
            found,
            ["start", "validate", "parse", "enrich", "aggregate", "settle", "upkeep"]
        );
        let changed = template.lines().zip(text.lines()).filter(|(old, new)| old != new);
        let changed: Vec<_> = changed.map(|(_, new)| new.trim().to_owned()).collect();
        let expected: Vec<_> = found.iter().map(|name| format!("CodeUri: {name}.zip")).collect();
        assert_eq!(changed, expected);
        assert_eq!(text.lines().count(), template.lines().count());
    }

    #[test]
    fn a_crate_may_have_several_binaries() {
        let function = |rest: &str| format!("  Type: AWS::Serverless::Function\n{rest}");
        for (rest, expected) in [
            ("  CodeUri: steps/a\n", "a"),
            ("  CodeUri: 'steps/a/'\n", "a"),
            ("    BuildProperties: { Binary: b }\n  CodeUri: steps/a\n", "b"),
            ("      Binary: 'b'\n  CodeUri: steps/a\n", "b"),
        ] {
            let (text, found) = staged(&(function(rest) + &function("  CodeUri: steps/c\n")));
            assert_eq!(found, [expected, "c"], "{rest}");
            assert!(text.contains(&format!("  CodeUri: {expected}.zip\n")), "{text}");
        }
    }

    #[test]
    fn cargo_tells_where_the_executables_are() {
        let messages = concat!(
            r#"{"reason":"compiler-artifact","target":{"name":"parse"},"executable":null}"#,
            "\n",
            r#"{"reason":"compiler-artifact","target":{"name":"parse"},"executable":"/t/parse"}"#,
            "\n",
            r#"{"reason":"build-finished","success":true}"#,
        );
        let found = executables(messages);
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("parse".into(), "/t/parse".into())]);
    }
}
