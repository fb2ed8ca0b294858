//! What a deployment decides of the upkeep.

use super::Cutoff;

/// The variable of the environment.
const VARIABLE: &str = "PART_RETENTION_DAYS";

/// Days where nothing else is said.
const RETENTION_DAYS: u16 = 30;

/// What a deployment decides of the upkeep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Days for which a part stays that no version of the table names any more, or none yet.
    ///
    /// More than `work/` lasts: until then an execution may still publish its parts.
    pub retention_days: u16,
}

/// `PART_RETENTION_DAYS` is set, but to no number of days.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {VARIABLE} must be a number of days, 65535 at most")]
pub struct SettingsError;

impl Default for Settings {
    fn default() -> Self {
        Settings { retention_days: RETENTION_DAYS }
    }
}

impl Settings {
    /// The settings of a Lambda: `PART_RETENTION_DAYS`, 30 by default.
    ///
    /// # Errors
    /// [`SettingsError`].
    pub fn from_env() -> Result<Self, SettingsError> {
        match std::env::var_os(VARIABLE) {
            None => Ok(Settings::default()),
            Some(text) => {
                let days = text.to_str().and_then(|text| text.parse().ok());
                Ok(Settings { retention_days: days.ok_or(SettingsError)? })
            }
        }
    }

    /// What is old at `now_ms`.
    pub(super) fn cutoff(&self, now_ms: i64) -> Cutoff {
        Cutoff::new(now_ms, self.retention_days)
    }
}
