//! Signals: Ctrl-C, SIGTERM, and SIGHUP when the terminal is closed.

use super::{error::CliError, runtime::cannot_start};

/// The signals that end a program in order. Those that arrive between two calls of [`Signals::next`] are not lost.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    kinds: [tokio::signal::unix::Signal; 3],
}

impl Signals {
    /// Listens on a thread of its own, however busy the others are, and calls `then` with the signals.
    ///
    /// # Errors
    /// If the system has no thread, or does not let the program listen.
    pub fn on_own_thread<F>(then: impl FnOnce(Self) -> F + Send + 'static) -> Result<(), CliError>
    where
        F: Future<Output = ()>,
    {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| cannot_start(&error))?;
        let signals = {
            let _guard = runtime.enter();
            Self::new()?
        };
        let thread = std::thread::Builder::new().name("signals".to_owned());
        let spawned = thread.spawn(move || runtime.block_on(then(signals)));
        spawned.map(drop).map_err(|error| cannot_start(&error))
    }

    /// Begins to listen. Needs a runtime.
    ///
    /// # Errors
    /// If the system does not let the program listen.
    #[cfg(unix)]
    pub fn new() -> Result<Self, CliError> {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind| {
            signal(kind).map_err(|error| CliError::Broken(format!("cannot listen for signals: {error}")))
        };
        Ok(Self {
            kinds: [
                listen(SignalKind::interrupt())?,
                listen(SignalKind::terminate())?,
                listen(SignalKind::hangup())?,
            ],
        })
    }

    /// Begins to listen. Needs a runtime.
    ///
    /// # Errors
    /// Never; on other systems there are such errors.
    #[cfg(not(unix))]
    pub fn new() -> Result<Self, CliError> {
        Ok(Self {})
    }

    /// Waits for the next signal.
    #[cfg(unix)]
    pub async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.kinds;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }

    /// Waits for the next Ctrl-C.
    #[cfg(not(unix))]
    pub async fn next(&mut self) {
        // Without a handler, only the end of the process is left to wait for.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
