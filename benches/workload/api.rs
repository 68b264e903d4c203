//! An API that does nothing but fail, as fast as loopback allows: what is measured is whoever asks it.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use failspec_test_server::Authority;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_rustls::TlsAcceptor;

use super::pack::{body, failure};

/// The longest head of a request that is read, in bytes.
const MAX_HEAD_LEN: usize = 16 << 10;

/// An API that responses `/things/<number>` on a thread of its own, until the process ends.
#[derive(Debug)]
pub struct Api {
    address: SocketAddr,
    /// The address at which the same API speaks TLS.
    secure: SocketAddr,
    /// The certificate (PEM) of the authority that issued that of the secure address.
    certificate: String,
}

impl Api {
    /// Starts it on a free port of loopback.
    ///
    /// # Panics
    /// When there is no free port, or no thread.
    pub fn start() -> Self {
        let listen = || {
            let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
            let address = listener.local_addr().expect("a bound listener has an address");
            listener.set_nonblocking(true).expect("a socket can be asked without waiting");
            (listener, address)
        };
        let ((plain, address), (with_tls, secure)) = (listen(), listen());
        let authority = Authority::new();
        let acceptor = authority.acceptor(&["http/1.1"]);
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
            let answered = Arc::new(AtomicU64::new(0));
            runtime.expect("a runtime").block_on(async {
                tokio::join!(
                    accept(plain, None, Arc::clone(&answered)),
                    accept(with_tls, Some(acceptor), Arc::clone(&answered))
                )
            });
        });
        Self { address, secure, certificate: authority.pem }
    }

    /// The keys of a target over TLS, for a `failspec.toml`, and the certificate to trust (PEM).
    pub fn secure(&self) -> (String, &str) {
        (format!("url = \"https://{}\"", self.secure), &self.certificate)
    }

    /// Its base URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many requests it has answered since it was started.
    ///
    /// # Panics
    /// When it is gone.
    pub fn answered(&self) -> u64 {
        let mut stream = TcpStream::connect(self.address).expect("the API listens");
        stream.write_all(b"GET /answered HTTP/1.1\r\nConnection: close\r\n\r\n").expect("it reads");
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text);
        text.rsplit("\r\n\r\n").next().and_then(|count| count.parse().ok()).expect("a count")
    }
}

async fn accept(listener: TcpListener, acceptor: Option<TlsAcceptor>, answered: Arc<AtomicU64>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener that does not wait");
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let answered = Arc::clone(&answered);
        match acceptor.clone() {
            None => drop(tokio::spawn(serve(stream, answered))),
            Some(acceptor) => drop(tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, answered).await;
                }
            })),
        }
    }
}

/// Responses requests without bodies, one after the other.
async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, answered: Arc<AtomicU64>) {
    let mut read = Vec::with_capacity(1 << 10);
    let mut out = String::with_capacity(1 << 10);
    loop {
        while let Some(end) = read.windows(4).position(|part| part == b"\r\n\r\n") {
            let path = std::str::from_utf8(&read[..end]).unwrap_or_default();
            let path = path.split(' ').nth(1).unwrap_or_default();
            out.clear();
            response(path, &answered, &mut out);
            let last = path == "/answered";
            if stream.write_all(out.as_bytes()).await.is_err() || stream.flush().await.is_err() || last {
                return;
            }
            read.drain(..end + 4);
        }
        match stream.read_buf(&mut read).await {
            Ok(1..) if read.len() <= MAX_HEAD_LEN => {}
            _ => return,
        }
    }
}

fn response(path: &str, answered: &AtomicU64, out: &mut String) {
    use std::fmt::Write as _;
    let (status, body) = match path.strip_prefix("/things/").and_then(|number| number.parse().ok()) {
        Some(number) => {
            let id = format!("req-{:016x}", answered.fetch_add(1, Ordering::Relaxed));
            (failure(number).1, body(number, "this did not go well", &id))
        }
        None => (200, answered.load(Ordering::Relaxed).to_string()),
    };
    let challenge = if status == 401 { "WWW-Authenticate: Bearer\r\n" } else { "" };
    let _ = write!(
        out,
        "HTTP/1.1 {status} \r\nContent-Type: application/json\r\n{challenge}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
}
