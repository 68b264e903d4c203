//! Signals: Ctrl-C and SIGTERM.

/// Waits for Ctrl-C or SIGTERM.
#[cfg(unix)]
pub async fn wait() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut stream) => {
                stream.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

/// Waits for Ctrl-C.
#[cfg(not(unix))]
pub async fn wait() {
    // Without a handler, only the end of the process is left to wait for.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
