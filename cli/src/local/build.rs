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
/// What is deployed as it stands.
const VERBATIM: [&str; 2] = ["template.yaml", "statemachine.asl.json"];

/// A function of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Function {
    /// Its `CodeUri`, a path from the template.
    code_uri: String,
    /// Name of its binary.
    binary: String,
}

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
    /// `CodeUri: steps/parse` is a file there, not a folder: the packed binary, which
    /// `aws cloudformation package` then uploads as it is.
    ///
    /// # Errors
    /// [`LocalError::Build`], [`LocalError::NoBinary`] and [`LocalError::File`].
    pub async fn stage(&self, stage: &Path, console: &Console) -> Result<(), LocalError> {
        let template = self.workspace.path("template.yaml");
        let text =
            std::fs::read_to_string(&template).map_err(LocalError::file("read", &template))?;
        let functions = functions(&text);
        let binaries = console.shown("build the functions", self.build(console)).await?;
        console.phase("pack the functions", self.pack(&functions, &binaries, stage)).await?;
        for name in VERBATIM {
            let (from, to) = (self.workspace.path(name), stage.join(name));
            std::fs::copy(&from, &to).map_err(LocalError::file("copy", &from))?;
        }
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
        functions: &[Function],
        binaries: &BTreeMap<String, PathBuf>,
        stage: &Path,
    ) -> Result<(), LocalError> {
        let mut pairs: Vec<OsString> = Vec::new();
        for Function { code_uri, binary } in functions {
            let from = binaries
                .get(binary)
                .ok_or_else(|| LocalError::NoBinary { name: binary.clone() })?;
            let to = stage.join(code_uri);
            let folder = to.parent().unwrap_or(stage);
            std::fs::create_dir_all(folder).map_err(LocalError::file("make", folder))?;
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

/// The functions whose code lies in the workspace.
fn functions(template: &str) -> Vec<Function> {
    let lines = template.lines();
    let uris = lines.filter_map(|line| line.trim().strip_prefix("CodeUri:"));
    uris.map(|uri| {
        let code_uri = uri.trim().trim_matches(['"', '\'']).trim_end_matches('/').to_owned();
        let binary = code_uri.rsplit('/').next().unwrap_or_default().to_owned();
        Function { code_uri, binary }
    })
    .collect()
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
        let found: Vec<_> = functions(template).into_iter().map(|f| f.binary).collect();
        assert_eq!(found, ["start", "validate", "parse", "enrich", "aggregate", "settle"]);
    }

    #[test]
    fn a_code_uri_may_be_quoted() {
        let found = functions("  CodeUri: 'steps/a/'\n  CodeUri: b # no path\nx: CodeUri\n");
        let first = Function { code_uri: "steps/a".into(), binary: "a".into() };
        assert_eq!(found.first(), Some(&first));
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
