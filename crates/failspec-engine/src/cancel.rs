//! Cancellation of a run, by Ctrl-C or SIGTERM.

use tokio::sync::watch;

/// Sending half; cancels the run.
#[derive(Debug, Clone)]
pub struct CancelHandle(watch::Sender<bool>);

/// Receiving half; resolves when the run is cancelled.
#[derive(Debug, Clone)]
pub struct CancelToken(watch::Receiver<bool>);

/// Creates a connected pair of handle and token.
pub fn interrupt() -> (CancelHandle, CancelToken) {
    let (sender, receiver) = watch::channel(false);
    (CancelHandle(sender), CancelToken(receiver))
}

impl CancelHandle {
    /// Cancels the run: from now on only cleanup requests are sent.
    pub fn interrupt(&self) {
        // Sending fails only if there is no receiver, which means that the run has already ended.
        let _ = self.0.send(true);
    }
}

impl CancelToken {
    /// Returns true if the run was cancelled.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the run is cancelled; never returns if the handle was dropped without cancelling.
    pub async fn wait(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|set| *set).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
