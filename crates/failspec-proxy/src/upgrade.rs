//! Connections that become something else than HTTP, such as a WebSocket: what follows passes through.

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;

/// Joins the two connections once both sides have changed. Nothing that passes is judged.
pub(crate) fn join(client: OnUpgrade, target: OnUpgrade) {
    tokio::spawn(async move {
        let (Ok(client), Ok(target)) = (client.await, target.await) else { return };
        let (mut client, mut target) = (TokioIo::new(client), TokioIo::new(target));
        // It ends when one of them closes the connection, in order or not.
        let _ = copy_bidirectional(&mut client, &mut target).await;
    });
}
