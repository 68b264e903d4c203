//! Standard output of all commands.

use std::{
    io::{self, Write},
    sync::{Mutex, PoisonError},
};

use failspec_report::terminal::Inert;

/// The first error other than a closed pipe, whose reader needs no more.
static FAILURE: Mutex<Option<String>> = Mutex::new(None);

/// Standard output, which lets nothing through that a terminal would obey, and removes colours if they are not wanted. An
/// error is remembered, so that no command has to look for it: see [`failure`].
#[derive(Debug)]
pub(super) struct Stdout(Inert<anstream::AutoStream<io::Stdout>>);

/// Returns standard output.
pub(super) fn stdout() -> Stdout {
    Stdout(Inert::new(anstream::stdout()))
}

/// Returns standard output for commands to the runner of a workflow.
pub(super) fn commands() -> Stdout {
    Stdout(Inert::with_commands(anstream::stdout()))
}

/// Returns the reason why something of the output was lost; `None` if nothing was.
pub(super) fn failure() -> Option<String> {
    // What is in the buffer would be lost in silence.
    let _ = stdout().flush();
    FAILURE.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        noted(self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        noted(self.0.flush())
    }
}

fn noted<T>(result: io::Result<T>) -> io::Result<T> {
    if let Err(error) = &result
        && !matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::Interrupted)
    {
        FAILURE.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| error.to_string());
    }
    result
}
