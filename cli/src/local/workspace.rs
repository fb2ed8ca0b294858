//! The folders of a run: the sources, what cargo builds of them, and what is kept between runs.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::error::LocalError;

/// The checkout that this program was built from.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// The workspace of this program.
    ///
    /// # Errors
    /// [`LocalError::NoWorkspace`] if it is no longer where it was when the program was built.
    pub fn find() -> Result<Self, LocalError> {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = package.parent().unwrap_or(package).to_owned();
        if !root.join("template.yaml").is_file() {
            return Err(LocalError::NoWorkspace { root });
        }
        Ok(Workspace { root })
    }

    /// A file or folder of the workspace.
    pub fn path(&self, relative: impl AsRef<Path>) -> PathBuf {
        self.root.join(relative)
    }

    /// A file of the package of this program.
    pub fn own(&self, relative: &str) -> PathBuf {
        self.root.join("cli/local").join(relative)
    }
}

/// The arguments that make cargo build where, and how, an executable was built.
///
/// Another profile or target folder would build everything a second time.
///
/// ```
/// use cli::local::workspace::cargo_arguments;
/// // Not in a target folder of cargo: its own defaults apply.
/// assert!(cargo_arguments("/usr/local/bin/sluice".as_ref()).is_empty());
/// ```
pub fn cargo_arguments(executable: &Path) -> Vec<OsString> {
    arguments_of(executable).unwrap_or_default()
}

fn arguments_of(executable: &Path) -> Option<Vec<OsString>> {
    let mut folder = executable.parent()?;
    if folder.file_name() == Some(OsStr::new("deps")) {
        folder = folder.parent()?; // A test.
    }
    let profile = folder.file_name()?;
    let profile = if profile == "debug" { OsStr::new("dev") } else { profile };
    let parent = folder.parent()?;
    let (target_folder, triple) = if is_target_folder(parent) {
        (parent, None)
    } else {
        (parent.parent().filter(|folder| is_target_folder(folder))?, parent.file_name())
    };
    let mut arguments: Vec<OsString> = vec!["--profile".into(), profile.into()];
    arguments.extend(["--target-dir".into(), target_folder.into()]);
    arguments.extend(triple.into_iter().flat_map(|triple| ["--target".into(), triple.to_owned()]));
    Some(arguments)
}

/// Cargo leaves this file at the top of its target folder.
fn is_target_folder(folder: &Path) -> bool {
    folder.join(".rustc_info.json").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(executable: &str, expected: &[&str]) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".rustc_info.json"), "{}").unwrap();
        let target = folder.path().to_str().unwrap();
        let expected = expected.iter().map(|part| OsString::from(part.replace("TARGET", target)));
        let found = cargo_arguments(&folder.path().join(executable));
        assert_eq!(found, expected.collect::<Vec<_>>());
    }

    #[test]
    fn a_program_is_built_like_the_one_that_runs() {
        check("debug/sluice", &["--profile", "dev", "--target-dir", "TARGET"]);
        check("release/sluice", &["--profile", "release", "--target-dir", "TARGET"]);
        check("debug/deps/local-0123", &["--profile", "dev", "--target-dir", "TARGET"]);
    }

    #[test]
    fn a_named_target_has_a_folder_of_its_own() {
        let triple = "aarch64-unknown-linux-gnu";
        check(
            &format!("{triple}/debug/sluice"),
            &["--profile", "dev", "--target-dir", "TARGET", "--target", triple],
        );
    }
}
