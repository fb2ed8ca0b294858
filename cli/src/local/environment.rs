//! What children may know of the world: nothing of real AWS.
//!
//! Invariant: every child has an endpoint on this machine and credentials that are good for nothing,
//! and no setting of the caller's that could name others.

use std::ffi::OsString;

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
        let variables = std::env::vars_os();
        let kept = variables.filter(|(name, _)| HARMLESS.iter().any(|&harmless| name == harmless));
        Environment(kept.collect()).with_aws(port)
    }

    /// For compilers and package managers: the caller's variables without those of AWS.
    pub fn open(port: u16) -> Self {
        let variables = std::env::vars_os();
        Environment(variables.filter(|(name, _)| !is_of_aws(name)).collect()).with_aws(port)
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

/// `AWS_LC_*` are settings of a C library that is built here; without them it would be built anew.
fn is_of_aws(name: &OsString) -> bool {
    let name = name.to_string_lossy();
    name.starts_with("AWS_") && !name.starts_with("AWS_LC_")
}
