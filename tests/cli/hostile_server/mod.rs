//! A server that behaves correctly in all responses but one.

pub mod behaviour;
pub mod echo;
pub mod pack;
pub mod report;
pub mod run;
pub mod text;
pub mod transport;

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use behaviour::{Behaviour, Place};

/// A request as received by the server.
pub struct Asked {
    /// The value of `Authorization`, or an empty text.
    pub authorization: String,
    /// The address of the server.
    pub here: String,
    /// The address of another host, at which a listener counts connections.
    pub elsewhere: String,
}

impl Asked {
    /// The token without its scheme.
    pub fn token(&self) -> &str {
        self.authorization.trim_start_matches("Bearer ")
    }
}

/// A running server.
pub struct Server {
    pub url: String,
    lines: Arc<Mutex<Vec<String>>>,
    elsewhere: Arc<AtomicUsize>,
}

impl Server {
    /// Starts an API with this behaviour in one response.
    pub fn start(behaviour: Arc<Behaviour>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let other = TcpListener::bind("127.0.0.1:0").expect("a port");
        let here = listener.local_addr().expect("an address").to_string();
        let port = other.local_addr().expect("an address").port();
        let (lines, elsewhere) = (Arc::<Mutex<Vec<String>>>::default(), Arc::<AtomicUsize>::default());
        let count = Arc::clone(&elsewhere);
        thread::spawn(move || {
            for _ in other.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
            }
        });
        let (url, log) = (format!("http://{here}"), Arc::clone(&lines));
        // The same machine under another name: for a client, it is another host that must not get the credentials.
        let asked = move |authorization| Asked {
            authorization,
            here: format!("http://{here}"),
            elsewhere: format!("http://localhost:{port}"),
        };
        let asked = Arc::new(asked);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (behaviour, log, asked) = (Arc::clone(&behaviour), Arc::clone(&log), Arc::clone(&asked));
                // Errors are ignored: with many behaviours the client closes the connection.
                thread::spawn(move || drop(serve(stream, &behaviour, &log, &*asked)));
            }
        });
        Self { url, lines, elsewhere }
    }

    /// The request lines so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("the log").clone()
    }

    /// Number of connections to the other host.
    pub fn went_elsewhere(&self) -> usize {
        self.elsewhere.load(Ordering::SeqCst)
    }
}

fn serve(
    mut stream: TcpStream,
    behaviour: &Behaviour,
    log: &Mutex<Vec<String>>,
    asked: &(dyn Fn(String) -> Asked + Send + Sync),
) -> io::Result<()> {
    // No client waits longer than this; a thread that is still running ends with the test process.
    stream.set_write_timeout(Some(Duration::from_secs(20)))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    while let Some((line, authorization)) = read_request(&mut reader)? {
        let number = {
            let mut log = log.lock().expect("the log");
            log.push(line.clone());
            log.len()
        };
        let place = match line.as_str() {
            "GET /tested" => Some(Place::Request),
            "GET /fine" => Some(Place::Control),
            line if line.starts_with("DELETE /things/") => Some(Place::Teardown),
            _ => None,
        };
        if place == Some(behaviour.place) {
            let asked = asked(authorization);
            (behaviour.act)(&asked, &mut stream)?;
            return stream.shutdown(Shutdown::Write);
        }
        let (status, body) = match place {
            Some(Place::Request) => (404, right(number)),
            _ => (200, String::from("{}")),
        };
        stream.write_all(&json(status, body.as_bytes()))?;
    }
    Ok(())
}

/// A body as documented by the contract.
pub fn right(number: usize) -> String {
    format!(r#"{{"error":"not_found","message":"no such thing","requestId":"r-{number}"}}"#)
}

/// A response with a JSON body.
pub fn json(status: u16, body: &[u8]) -> Vec<u8> {
    response(status, "Content-Type: application/json\r\n", body)
}

/// A response with these header lines.
pub fn response(status: u16, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Something\r\nContent-Length: {length}\r\n{headers}\r\n");
    [head.as_bytes(), body].concat()
}

/// Reads the next request; `None` if the client has closed the connection.
fn read_request(reader: &mut BufReader<TcpStream>) -> io::Result<Option<(String, String)>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let line = first.rsplit_once(' ').map_or(first.as_str(), |(line, _)| line).to_owned();
    let (mut authorization, mut length) = (String::new(), 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let header = header.trim_end();
        let Some((name, value)) = header.split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "authorization" => authorization = value.to_owned(),
            "content-length" => length = value.parse().unwrap_or(0),
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    Ok(Some((line, authorization)))
}
