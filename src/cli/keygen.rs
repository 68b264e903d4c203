//! `failspec keygen`.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;

use failspec_certificate::SigningKey;
use failspec_judge::report_model::exit;
use failspec_report::terminal::Styles;

use super::{error::CliError, stdout::stdout};

/// Options of `keygen`.
#[derive(Debug, Args)]
pub struct KeygenArguments {
    /// The file of the private key; the file of the public key has `.pub` appended
    #[arg(long, value_name = "FILE", default_value = "failspec.key")]
    pub out: PathBuf,
}

/// Creates a key pair to sign certificates with.
///
/// # Errors
/// When a file exists already, or cannot be written.
pub fn command(arguments: &KeygenArguments) -> Result<u8, CliError> {
    let path = &arguments.out;
    let mut public_path = path.clone().into_os_string();
    public_path.push(".pub");
    let public_path = PathBuf::from(public_path);
    let secret = SigningKey::generate().map_err(|error| CliError::Broken(error.to_string()))?;
    let public = SigningKey::from_pem(&secret).map_err(|error| CliError::Broken(error.to_string()))?.public();
    if public_path.exists() {
        return Err(CliError::usage(format!(
            "{} exists already; nothing was written",
            public_path.display()
        )));
    }
    let cannot = |path: &Path, error: io::Error| match error.kind() {
        io::ErrorKind::AlreadyExists => {
            CliError::usage(format!("{} exists already; nothing was written", path.display()))
        }
        _ => CliError::usage(format!("cannot write {}: {error}", path.display())),
    };
    write_private(path, secret.expose()).map_err(|error| cannot(path, error))?;
    write_new(&public_path, public.to_pem().as_bytes()).map_err(|error| cannot(&public_path, error))?;
    // Elsewhere a new file has the access rights of its folder.
    let access =
        if cfg!(unix) { "readable only by you" } else { "readable by those who can read this folder" };
    let text = format!(
        "{wrote} {} (private: {access}; back it up, and never commit it)\n\
         {wrote} {} (public: share it)\n\nkey id {}\n",
        path.display(),
        public_path.display(),
        public.id(),
        wrote = Styles::dab(Styles::GOOD, "wrote"),
    );
    let _ = stdout().write_all(text.as_bytes());
    Ok(exit::CONFORMS)
}

/// Writes a file that did not exist; no link is followed.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs::OpenOptions::new().write(true).create_new(true).open(path)?.write_all(bytes)
}

/// Writes a file that did not exist. On Unix, only its owner can read and write it.
fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
