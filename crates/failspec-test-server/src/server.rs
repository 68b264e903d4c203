//! The scripted server.

use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncWriteExt as _, BufReader},
    runtime::{Builder, Handle, Runtime},
    task::spawn_blocking,
};

use crate::{
    authority::Authority,
    listener::{Listener, listen, listen_on_unix_socket},
    received::Received,
    reply::{Action, Connection, Reply},
    stream::Stream,
};

/// The longest time for which a test waits for a request.
const WAIT_TIMEOUT: Duration = Duration::from_secs(10);

/// Returns the runtime on which all servers of a process run.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime")
    })
}

type AtHead = dyn Fn(&Received) -> Option<Reply> + Send + Sync;

type OfRequest = dyn Fn(&Received) -> Reply + Send + Sync;

/// The part of a server that all of its connections share.
struct Script {
    /// The reply to a head, before the body is read: the connection is closed after it.
    at_head: Box<AtHead>,
    reply: Box<OfRequest>,
    received: Mutex<Vec<Received>>,
    next: AtomicUsize,
}

/// A server on loopback whose replies are made by a closure. Closures may block.
pub struct Server {
    /// Its URL, without a slash at the end.
    pub url: String,
    script: Arc<Script>,
    listener: Listener,
}

/// The same server over TLS.
pub struct Secure {
    /// Its URL, without a slash at the end.
    pub url: String,
    /// The certificate (PEM) of the authority that issued its certificate.
    pub authority: String,
    /// The authority.
    pub issuer: Authority,
    listener: Listener,
}

impl Secure {
    /// Returns the number of connections so far.
    pub fn connections(&self) -> usize {
        self.listener.connections()
    }
}

impl Server {
    /// Starts a server.
    pub fn start(reply: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        Self::refusing_early(|_| None, reply)
    }

    /// Starts a server that may reply to the head of a request. It then reads no body, and closes the connection.
    pub fn refusing_early(
        at_head: impl Fn(&Received) -> Option<Reply> + Send + Sync + 'static,
        reply: impl Fn(&Received) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let script = Arc::new(Script {
            at_head: Box::new(at_head),
            reply: Box::new(reply),
            received: Mutex::default(),
            next: AtomicUsize::new(0),
        });
        let _inside = runtime().enter();
        let shared = Arc::clone(&script);
        let listener = listen(None, move |stream| Arc::clone(&shared).serve(stream));
        Self { url: format!("http://{}", listener.address), script, listener }
    }

    /// Offers the same server over TLS, at another port, until the result is dropped.
    pub fn secure(&self) -> Secure {
        let _inside = runtime().enter();
        let (issuer, script) = (Authority::new(), Arc::clone(&self.script));
        let listener =
            listen(Some(issuer.acceptor(&["http/1.1"])), move |stream| Arc::clone(&script).serve(stream));
        let url = format!("https://{}", listener.address);
        Secure { url, authority: issuer.pem.clone(), issuer, listener }
    }

    /// Offers the same server by a Unix socket, until the result is dropped.
    pub fn on_unix_socket(&self, path: &Path) -> Listener {
        let _inside = runtime().enter();
        let script = Arc::clone(&self.script);
        listen_on_unix_socket(path, move |stream| Arc::clone(&script).serve(stream))
    }

    /// Returns the requests so far.
    ///
    /// # Panics
    /// If a script has panicked.
    pub fn received(&self) -> Vec<Received> {
        self.script.received.lock().expect("the log").clone()
    }

    /// Returns the request lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.received().iter().map(Received::line).collect()
    }

    /// Returns the number of requests so far.
    pub fn requests(&self) -> usize {
        self.script.next.load(Ordering::SeqCst)
    }

    /// Returns the number of connections so far, without those over TLS.
    pub fn connections(&self) -> usize {
        self.listener.connections()
    }

    /// Waits until the server has received a matching request.
    ///
    /// # Panics
    /// If none comes.
    #[track_caller]
    pub fn wait_for(&self, matches: impl Fn(&Received) -> bool) {
        let deadline = Instant::now() + WAIT_TIMEOUT;
        while !self.received().iter().any(&matches) {
            assert!(Instant::now() < deadline, "no such request; there were {:?}", self.lines());
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Script {
    async fn serve(self: Arc<Self>, stream: Stream) -> io::Result<()> {
        let has_client_certificate = stream.has_client_certificate();
        let mut reader = BufReader::new(stream);
        while let Some(mut request) = Received::read_head(&mut reader).await {
            request.has_client_certificate = has_client_certificate;
            let early = (self.at_head)(&request);
            if early.is_none() {
                request.read_body(&mut reader).await?;
            }
            {
                let mut received = self.received.lock().map_err(|_| io::ErrorKind::Other)?;
                request.number = received.len();
                received.push(request.clone());
                self.next.store(received.len(), Ordering::SeqCst);
            }
            let is_early = early.is_some();
            let method = request.method.clone();
            let script = Arc::clone(&self);
            let reply = match early {
                Some(early) => early,
                // A script may wait, and must not keep others from running.
                None => spawn_blocking(move || (script.reply)(&request)).await?,
            };
            let stream = reader.get_mut();
            match reply.action {
                Action::Close => return Ok(()),
                Action::Hang(time) => {
                    tokio::time::sleep(time).await;
                    return Ok(());
                }
                Action::Write(write) => {
                    let (handle, mut stream) = (Handle::current(), reader.into_inner());
                    return spawn_blocking(move || {
                        write(&mut Connection { stream: &mut stream, runtime: handle.clone() })?;
                        handle.block_on(stream.shutdown())
                    })
                    .await?;
                }
                Action::Respond => stream.write_all(&reply.bytes_for(&method)).await?,
                Action::RespondAndSend(pause, ref surplus) => {
                    stream.write_all(&reply.bytes_for(&method)).await?;
                    stream.flush().await?;
                    // The timer of the runtime counts in milliseconds.
                    spawn_blocking(move || thread::sleep(pause)).await?;
                    stream.write_all(surplus).await?;
                }
            }
            stream.flush().await?;
            if is_early {
                return Ok(());
            }
        }
        Ok(())
    }
}
