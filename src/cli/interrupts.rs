//! Signals end the run that goes on, or the wait of `--watch` for the next one.

use std::{
    io::Write as _,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use failspec_engine::CancelHandle;
use failspec_judge::report_model::exit;

#[cfg(unix)]
use super::start::end_at_once;
use super::{error::CliError, signal::Signals};

/// The activity that a signal ends.
enum Now {
    /// Nothing that listens.
    Nothing,
    /// A run, also one that has just ended.
    Run(CancelHandle),
    /// The wait for a changed file; the exit code of the last run.
    Wait(u8),
}

static NOW: Mutex<Now> = Mutex::new(Now::Nothing);

/// True once a thread listens: one for the whole process, however many runs there are.
static LISTENS: AtomicBool = AtomicBool::new(false);

/// True once a signal came.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

fn now() -> MutexGuard<'static, Now> {
    NOW.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Lets signals end a run in order.
///
/// # Errors
/// When the system does not let the program listen.
pub(super) fn end_run(run: CancelHandle) -> Result<(), CliError> {
    *now() = Now::Run(run);
    if !LISTENS.swap(true, Ordering::SeqCst) {
        Signals::on_own_thread(listen)?;
    }
    Ok(())
}

/// Lets signals end the process with an exit code, while nothing runs. Returns false if one came before.
///
/// # Errors
/// When the system does not let the program listen.
pub(super) fn end_wait(code: u8) -> Result<bool, CliError> {
    *now() = Now::Wait(code);
    if !LISTENS.swap(true, Ordering::SeqCst) {
        Signals::on_own_thread(listen)?;
    }
    Ok(!INTERRUPTED.load(Ordering::SeqCst))
}

/// Waits for signals. The first one requests the run to clean up and stop; the second one stops at once.
async fn listen(mut signals: Signals) {
    signals.next().await;
    INTERRUPTED.store(true, Ordering::SeqCst);
    match &*now() {
        Now::Wait(code) => std::process::exit(i32::from(*code)),
        Now::Run(run) => run.interrupt(),
        Now::Nothing => {}
    }
    let text = "interrupted: cleaning up; a second signal stops at once";
    let _ = writeln!(failspec_report::terminal::stderr(), "{text}");
    signals.next().await;
    #[cfg(unix)]
    end_at_once();
    std::process::exit(i32::from(exit::INTERRUPTED));
}
