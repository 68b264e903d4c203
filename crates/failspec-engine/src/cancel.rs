//! Ctrl-C and SIGTERM, as the engine sees them.

use tokio::sync::watch;

/// The side that interrupts a run.
#[derive(Debug, Clone)]
pub struct CancelHandle(watch::Sender<bool>);

/// The side that notices.
#[derive(Debug, Clone)]
pub struct CancelToken(watch::Receiver<bool>);

/// A pair of both sides.
pub fn interrupt() -> (CancelHandle, CancelToken) {
    let (sender, receiver) = watch::channel(false);
    (CancelHandle(sender), CancelToken(receiver))
}

impl CancelHandle {
    /// Asks the run to stop: nothing new is sent but what cleans up.
    pub fn interrupt(&self) {
        // Nobody listening means that the run is over already.
        let _ = self.0.send(true);
    }
}

impl CancelToken {
    /// Whether the run was asked to stop.
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the run is asked to stop; forever if nobody can ask any more.
    pub async fn wait(&self) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|set| *set).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
