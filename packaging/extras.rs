//! The files of a release archive besides the program: man pages and completion scripts.
//!
//! ```sh
//! cargo run --example extras -- target/extras
//! ```

use std::{error::Error, fs, path::Path};

use clap::CommandFactory as _;
use clap_complete::{Shell, generate_to};

use failspec::cli::Arguments;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("name the folder to write to")?;
    let (man, completions) = (Path::new(&folder).join("man"), Path::new(&folder).join("completions"));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    clap_mangen::generate_to(Arguments::command(), &man)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::PowerShell, Shell::Elvish] {
        generate_to(shell, &mut Arguments::command(), "failspec", &completions)?;
    }
    Ok(())
}
