//! An API with one resource. It documents two failures: 401 `unauthorized` and 404 `not_found`.
//!
//! Of the standard library alone, so that the example is about its test. Yours has a framework.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{TcpListener, TcpStream},
    thread,
};

/// Starts the API on a free port and gives its URL.
///
/// # Panics
/// When there is no free port.
pub fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that has gone away wants no response.
            thread::spawn(move || drop(handle(&stream)));
        }
    });
    url
}

fn handle(mut stream: &TcpStream) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut authorized = false;
    for line in lines {
        let line = line?;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        authorized |= name.eq_ignore_ascii_case("authorization") && value.trim() == "Bearer sesame";
    }
    let path = first.split(' ').nth(1).unwrap_or_default();
    let (status, more, body) = match (authorized, path) {
        (false, _) => (
            "401 Unauthorized",
            "WWW-Authenticate: Bearer\r\n",
            r#"{"error":"unauthorized","message":"a token is missing or wrong"}"#,
        ),
        (true, "/notes/1") => ("200 OK", "", r#"{"text":"buy milk"}"#),
        _ => ("404 Not Found", "", r#"{"error":"not_found","message":"there is no such note"}"#),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n{more}\r\n{body}",
        body.len()
    )
}
