//! Errors that end a command.

use std::io::Write as _;

use failspec_base::syntax::{Diagnostic, Diagnostics};
use failspec_engine::RunError;
use failspec_judge::report_model::exit;
use failspec_mutants::EmbeddedError;
use failspec_pack::pack::{FilesError, PackError};
use failspec_reference::StartError;
use failspec_report::terminal::{Styles, visible};

/// Exit codes, the decisive one first.
const PRECEDENCE: [u8; 6] =
    [exit::INTERRUPTED, exit::USAGE, exit::VIOLATIONS, exit::INCONCLUSIVE, exit::INCOMPLETE, exit::CONFORMS];

/// Returns that of two exit codes which decides.
pub(super) fn worse(one: u8, other: u8) -> u8 {
    PRECEDENCE.into_iter().find(|code| [one, other].contains(code)).unwrap_or(one)
}

/// Reason why a command ends without doing what was requested.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Files contain errors.
    #[error(transparent)]
    Diagnostics(#[from] Diagnostics),
    /// Options are wrong, or a file cannot be used.
    #[error("{message}")]
    Usage {
        /// The problem.
        message: String,
        /// The hint: what to do.
        hint: Option<String>,
    },
    /// Something prevented a started command from continuing.
    #[error("{0}")]
    Broken(String),
}

impl CliError {
    /// Creates an error about options.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: None }
    }

    /// Creates an error about options, with a hint about what to do.
    pub fn usage_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Usage { message: message.into(), hint: Some(hint.into()) }
    }

    /// Returns the exit code.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Diagnostics(_) | Self::Usage { .. } => exit::USAGE,
            Self::Broken(_) => exit::INCONCLUSIVE,
        }
    }

    /// Prints the error on standard error.
    pub fn print(&self) {
        let text = match self {
            Self::Diagnostics(diagnostics) => {
                let text = diagnostics.render(true);
                let count = diagnostics.0.len();
                let more =
                    if count > 1 { format!("\n\n{count} problems; nothing was sent") } else { String::new() };
                format!("{text}{more}")
            }
            Self::Usage { message, hint } => {
                let mut diagnostic = Diagnostic::error(None, visible(message));
                if let Some(hint) = hint {
                    diagnostic = diagnostic.hint(hint);
                }
                diagnostic.render(true)
            }
            Self::Broken(message) => format!("{} {}", Styles::dab(Styles::BAD, "error:"), visible(message)),
        };
        // If standard error is closed, the exit code still reports the failure.
        let _ = writeln!(failspec_report::terminal::stderr(), "{text}");
    }
}

impl From<PackError> for CliError {
    fn from(error: PackError) -> Self {
        match error {
            PackError::Wrong(diagnostics) => Self::Diagnostics(diagnostics),
            other => Self::usage(other.to_string()),
        }
    }
}

impl From<FilesError> for CliError {
    fn from(error: FilesError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<RunError> for CliError {
    fn from(error: RunError) -> Self {
        // A certificate, a proxy or a document that the user gave cannot be used; nothing was sent.
        Self::usage(error.to_string())
    }
}

impl From<EmbeddedError> for CliError {
    fn from(error: EmbeddedError) -> Self {
        match error {
            EmbeddedError::None { .. } => Self::usage_hint(
                error.to_string(),
                "only built-in packs have one; give --url or --target to run another pack",
            ),
            other => Self::Broken(other.to_string()),
        }
    }
}

impl From<failspec_mock::StartError> for CliError {
    fn from(error: failspec_mock::StartError) -> Self {
        Self::Broken(error.to_string())
    }
}

impl From<StartError> for CliError {
    fn from(error: StartError) -> Self {
        Self::Broken(error.to_string())
    }
}
