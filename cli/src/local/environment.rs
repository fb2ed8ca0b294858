//! What children may know of the world: nothing of real AWS.
//!
//! Invariant: every child has an endpoint on this machine and credentials that are good for nothing,
//! and no setting of the caller's that could name others.

use std::ffi::{OsStr, OsString};

/// The region of all that is local.
pub const REGION: &str = "us-east-1";
/// Both halves of the credentials.
pub const DUMMY: &str = "test";

/// What is kept of the caller's environment where nothing else is.
const HARMLESS: [&str; 7] = ["HOME", "LANG", "LC_ALL", "LOGNAME", "PATH", "TZ", "USER"];

/// The environment of a child: all of its variables.
#[derive(Debug, Clone)]
pub struct Environment(Vec<(OsString, OsString)>);

impl Environment {
    /// For what talks to the local AWS: the variables that it needs, and no other.
    ///
    /// Proxies, profiles and the settings of other emulators stay outside.
    pub fn closed(port: u16) -> Self {
        Environment::of(std::env::vars_os(), is_harmless).with_aws(port)
    }

    /// For compilers and package managers: the caller's variables without those of AWS.
    pub fn open(port: u16) -> Self {
        Environment::of(std::env::vars_os(), |name| !is_of_aws(name)).with_aws(port)
    }

    fn of(
        variables: impl Iterator<Item = (OsString, OsString)>,
        keep: impl Fn(&OsStr) -> bool,
    ) -> Self {
        Environment(variables.filter(|(name, _)| keep(name)).collect())
    }

    /// Adds a variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    fn with_aws(mut self, port: u16) -> Self {
        let variables = aws_variables(port).map(|(name, value)| (name.into(), value.into()));
        self.0.extend(variables);
        self
    }

    /// The variables.
    pub fn variables(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.0.iter().map(|(name, value)| (name, value))
    }
}

/// The endpoint of the local AWS.
pub fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// The variables that lead every AWS SDK and tool to the local AWS.
pub fn aws_variables(port: u16) -> impl Iterator<Item = (&'static str, String)> {
    [
        ("AWS_ENDPOINT_URL", endpoint(port)),
        ("AWS_ACCESS_KEY_ID", DUMMY.into()),
        ("AWS_SECRET_ACCESS_KEY", DUMMY.into()),
        ("AWS_REGION", REGION.into()),
        ("AWS_DEFAULT_REGION", REGION.into()),
        ("AWS_CONFIG_FILE", "/dev/null".into()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".into()),
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
    ]
    .into_iter()
}

fn is_harmless(name: &OsStr) -> bool {
    HARMLESS.iter().any(|&harmless| name == harmless)
}

/// `AWS_LC_*` are settings of a C library that is built here; without them it would be built anew.
fn is_of_aws(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("AWS_") && !name.starts_with("AWS_LC_")
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALLER: [(&str, &str); 8] = [
        ("PATH", "/bin"),
        ("AWS_PROFILE", "production"),
        ("AWS_SESSION_TOKEN", "real"),
        ("AWS_ENDPOINT_URL_S3", "https://s3.example"),
        ("AWS_ACCESS_KEY_ID", "real"),
        ("AWS_LC_SYS_CMAKE_BUILDER", "1"),
        ("http_proxy", "http://proxy.example"),
        ("BIND_HOST", "0.0.0.0"),
    ];

    /// What is left of the caller's variables.
    fn kept(keep: impl Fn(&OsStr) -> bool) -> Vec<String> {
        let caller = CALLER.map(|(name, value)| (name.into(), value.into()));
        let Environment(kept) = Environment::of(caller.into_iter(), keep);
        kept.into_iter().map(|(name, _)| name.into_string().unwrap()).collect()
    }

    #[test]
    fn the_local_aws_learns_nothing_from_the_caller() {
        assert_eq!(kept(is_harmless), ["PATH"]);
    }

    #[test]
    fn a_compiler_learns_nothing_of_aws() {
        let expected = ["PATH", "AWS_LC_SYS_CMAKE_BUILDER", "http_proxy", "BIND_HOST"];
        assert_eq!(kept(|name| !is_of_aws(name)), expected);
    }

    #[test]
    fn everybody_is_led_to_this_machine() {
        for environment in [Environment::closed(4566), Environment::open(4566)] {
            let value = |wanted: &str| {
                let found = environment.variables().filter(|(name, _)| *name == wanted);
                found.map(|(_, value)| value.to_str().unwrap()).collect::<Vec<_>>()
            };
            assert_eq!(value("AWS_ENDPOINT_URL"), ["http://127.0.0.1:4566"]);
            assert_eq!(value("AWS_ACCESS_KEY_ID"), [DUMMY]);
            assert_eq!(value("AWS_SECRET_ACCESS_KEY"), [DUMMY]);
        }
    }
}
