//! `failspec badge`.

use std::{io::Write as _, path::PathBuf};

use clap::Args;

use failspec_certificate::badge;
use failspec_judge::report_model::exit;

use super::{
    error::CliError,
    output_file::write_file,
    verify::{VerifyArguments, verify},
};

/// Options of `badge`.
#[derive(Debug, Args)]
pub struct BadgeArguments {
    /// The certificate and how it is verified
    #[command(flatten)]
    pub verify: VerifyArguments,
    /// Write the badge as SVG
    #[arg(long, value_name = "FILE", required_unless_present = "endpoint")]
    pub svg: Option<PathBuf>,
    /// Write the JSON of an endpoint badge for shields.io
    #[arg(long, value_name = "FILE")]
    pub endpoint: Option<PathBuf>,
}

/// Creates a badge from a certificate that verifies and is a pass; from any other none is created.
///
/// # Errors
/// When a file cannot be read or written, or the key that signed is unknown.
pub fn command(arguments: &BadgeArguments) -> Result<u8, CliError> {
    let verified = verify(&arguments.verify)?;
    let verification = &verified.verification;
    if !verification.is_pass() {
        let first =
            verification.problems.iter().chain(&verification.unmet).next().cloned().unwrap_or_default();
        let text = format!("no badge: {}; `failspec verify` shows more\n", failspec_report::visible(&first));
        let _ = failspec_report::terminal::stderr().write_all(text.as_bytes());
        return Ok(exit::VIOLATIONS);
    }
    if verification.signer.is_none() {
        return Err(CliError::usage_hint(
            "no badge: the certificate is signed by an unknown key",
            "give --public-key or --programme",
        ));
    }
    let predicate = &verified.certificate.statement.predicate;
    let files = [
        (&arguments.svg, badge::svg(predicate)),
        (&arguments.endpoint, format!("{:#}\n", badge::endpoint(predicate))),
    ];
    for (path, text) in files {
        if let Some(path) = path {
            write_file(path, &text)
                .map_err(|error| CliError::usage(format!("cannot write {}: {error}", path.display())))?;
        }
    }
    Ok(exit::CONFORMS)
}
