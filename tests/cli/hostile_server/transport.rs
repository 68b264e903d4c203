//! Responses that never arrive, never end, or are not HTTP.

use std::{
    io::{self, Write as _},
    thread,
    time::Duration,
};

use failspec_test_server::Connection;
use flate2::{Compression, write::GzEncoder};

use super::{
    behaviour::{Behaviour, Expected, acts, sends},
    json, response, right,
};

const NO_HEAD: Expected = Expected::Inconclusive("waiting for a response took longer than 3s");
const NO_END: Expected = Expected::Inconclusive("reading the body took longer than 4s");
const TOO_LARGE: Expected = Expected::Inconclusive("the body of the response is larger than 8388608 bytes");
const NO_HTTP: Expected = Expected::Inconclusive("the response is not well-formed HTTP");
const CLOSED: Expected = Expected::Inconclusive("the connection ended before there was a response");
/// Twice, while the control succeeds.
const NO_RESPONSE: Expected = Expected::Violates("connection-closed");
const HEAD_TOO_LARGE: Expected = Expected::Inconclusive("not well-formed HTTP: its head ");
/// The incomplete body is from the API, and is judged.
const CUT_OFF: Expected = Expected::Violates("well-formed");

const CHUNKED: &str =
    "HTTP/1.1 404 X\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";

/// A number of repetitions that exceeds every limit: the client gives up, and the write fails.
const FOREVER: usize = 100_000;

pub fn rows() -> Vec<Behaviour> {
    [endless(), heads(), ends(), redirects(), in_front(), elsewhere_in_the_case()]
        .into_iter()
        .flatten()
        .collect()
}

fn trickle(stream: &mut Connection<'_>, bytes: &[u8], pause: Duration) -> io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte])?;
        thread::sleep(pause);
    }
    Ok(())
}

fn flood(stream: &mut Connection<'_>, piece: &[u8]) -> io::Result<()> {
    let many = piece.repeat((64 << 10) / piece.len() + 1);
    (0..FOREVER).try_for_each(|_| stream.write_all(&many))
}

fn never_responds() -> Behaviour {
    acts("never responds", NO_HEAD, |_, _| {
        thread::sleep(Duration::from_secs(5));
        Ok(())
    })
}

fn bomb() -> Behaviour {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![b' '; 1 << 20];
    (0..200).for_each(|_| encoder.write_all(&zeros).expect("writes to memory"));
    let bytes = encoder.finish().expect("writes to memory");
    assert!(bytes.len() < 1 << 20, "{} bytes are no bomb", bytes.len());
    let headers = "Content-Type: application/json\r\nContent-Encoding: gzip\r\n";
    sends("decompression bomb", TOO_LARGE, response(404, headers, &bytes))
}

fn endless() -> Vec<Behaviour> {
    let second = Duration::from_secs(1);
    vec![
        never_responds(),
        acts("head at one byte a second", NO_HEAD, move |_, stream| {
            trickle(stream, &json(404, b"{}"), second)
        }),
        acts("body at one byte a second", NO_END, move |_, stream| {
            stream.write_all(b"HTTP/1.1 404 X\r\nContent-Length: 1000\r\n\r\n")?;
            trickle(stream, &[b' '; 1000], second)
        }),
        acts("endless chunked body", TOO_LARGE, |_, stream| {
            stream.write_all(CHUNKED.as_bytes())?;
            flood(stream, format!("1000\r\n{}\r\n", "x".repeat(0x1000)).as_bytes())
        }),
        acts("endless chunk extension", CUT_OFF, |_, stream| {
            stream.write_all(format!("{CHUNKED}2;").as_bytes())?;
            flood(stream, b"abcdefgh")
        }),
        acts("endless trailers", CUT_OFF, |_, stream| {
            stream.write_all(format!("{CHUNKED}2\r\n{{}}\r\n0\r\n").as_bytes())?;
            flood(stream, b"x-trailer: more\r\n")
        }),
        acts("100 GB that are sent", TOO_LARGE, |_, stream| {
            stream.write_all(b"HTTP/1.1 404 X\r\nContent-Length: 100000000000\r\n\r\n")?;
            flood(stream, b" ")
        }),
        acts("body until the connection ends, which it never does", TOO_LARGE, |_, stream| {
            stream.write_all(b"HTTP/1.0 404 X\r\n\r\n")?;
            flood(stream, b"x")
        }),
        acts("flood of 1xx", NO_HEAD, |_, stream| flood(stream, b"HTTP/1.1 103 Early Hints\r\n\r\n")),
        acts("flood of empty lines", Expected::Inconclusive(""), |_, stream| flood(stream, b"\r\n")),
        bomb(),
    ]
}

fn heads() -> Vec<Behaviour> {
    let with = |lines: &str| format!("HTTP/1.1 404 X\r\n{lines}\r\n");
    vec![
        sends("8 MB header", HEAD_TOO_LARGE, with(&format!("x: {}\r\n", "a".repeat(8 << 20)))),
        sends("header of 300 KiB", HEAD_TOO_LARGE, with(&format!("x: {}\r\n", "a".repeat(300 << 10)))),
        sends("20,000 headers", HEAD_TOO_LARGE, with(&"x: y\r\n".repeat(20_000))),
        sends(
            "reason phrase of 8 MB",
            HEAD_TOO_LARGE,
            format!("HTTP/1.1 404 {}\r\n\r\n", "a".repeat(8 << 20)),
        ),
        sends("banner of SSH", NO_HTTP, "SSH-2.0-OpenSSH_9.6\r\n"),
        sends("HTTP/0.9", NO_HTTP, "<html>no head at all</html>\r\n"),
        sends("status 99999", NO_HTTP, "HTTP/1.1 99999 Too Long\r\n\r\n"),
        sends("status 0", NO_HTTP, "HTTP/1.1 000 Nothing\r\n\r\n"),
        sends("HTTP of the future", NO_HTTP, "HTTP/3.7 404 X\r\n\r\n"),
        sends("TLS alert", NO_HTTP, "\x15\x03\x01\0\x02\x02\x46"),
        sends("NUL in a header", NO_HTTP, with("x: a\0b\r\n")),
        sends("escape in a header", NO_HTTP, with("x: \x1b[31mred\r\n")),
        sends("two lengths", NO_HTTP, with("content-length: 1\r\ncontent-length: 2\r\n")),
        sends("length of 10^30", NO_HTTP, with("content-length: 1000000000000000000000000000000\r\n")),
        sends("negative length", NO_HTTP, with("content-length: -1\r\n")),
        sends(
            "switches protocols",
            Expected::Violates("status"),
            "HTTP/1.1 101 X\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        ),
        sends(
            "a 1xx before the response",
            Expected::Passed,
            ["HTTP/1.1 103 X\r\nLink: </x>\r\n\r\n".as_bytes(), &json(404, right(1).as_bytes())].concat(),
        ),
        sends(
            "a second response that nobody asked for",
            Expected::Passed,
            [json(404, right(1).as_bytes()), json(500, b"stray")].concat(),
        )
        .that_runs_twice(),
    ]
}

fn ends() -> Vec<Behaviour> {
    vec![
        sends("closes at once", NO_RESPONSE, "").that_loses().that_runs_twice(),
        sends("closes within its head", NO_RESPONSE, "HTTP/1.1 404 Not Found\r\ncontent-le")
            .that_runs_twice(),
        sends(
            "100 GB that end early",
            CUT_OFF,
            "HTTP/1.1 404 X\r\nContent-Length: 100000000000\r\n\r\n{\"error\":",
        ),
        sends("chunk of 2^64 bytes", CUT_OFF, format!("{CHUNKED}ffffffffffffffff\r\n{{\"error\":")),
        sends("chunk of no number", CUT_OFF, format!("{CHUNKED}zz\r\n")),
        acts("reset within the body", CUT_OFF, |_, stream| {
            stream.write_all(b"HTTP/1.1 404 X\r\nContent-Length: 1000\r\n\r\n{\"error\"")?;
            thread::sleep(Duration::from_millis(50));
            stream.reset()
        }),
        acts("reset before the response", NO_RESPONSE, |_, stream| stream.reset())
            .that_loses()
            .that_runs_twice(),
        sends(
            "false Content-Encoding",
            CUT_OFF,
            response(
                404,
                "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
                right(1).as_bytes(),
            ),
        ),
        sends(
            "Content-Encoding that nobody asked for",
            CUT_OFF,
            response(
                404,
                "Content-Type: application/json\r\nContent-Encoding: br, gzip\r\n",
                right(1).as_bytes(),
            ),
        ),
    ]
}

fn redirects() -> Vec<Behaviour> {
    let to = |location: &str| {
        format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n").into_bytes()
    };
    vec![
        sends("redirect loop", Expected::Violates("status"), to("/tested")),
        acts(
            "redirect to another host",
            Expected::Inconclusive("a redirect to another host"),
            move |asked, stream| stream.write_all(&to(&format!("{}/tested", asked.elsewhere))),
        ),
        acts("redirect to a login", Expected::Inconclusive("a redirect to a login"), move |asked, stream| {
            stream.write_all(&to(&format!("{}/login", asked.here)))
        }),
        sends("redirect to a file", Expected::Violates("status"), to("file:///etc/passwd")),
        sends("redirect to 200 KB", Expected::Violates("status"), to(&format!("/{}", "x".repeat(200 << 10)))),
    ]
}

fn in_front() -> Vec<Behaviour> {
    let limited = Expected::Inconclusive("the target limits the rate of requests (HTTP 429");
    let wait = |wait: &str| response(429, &format!("Retry-After: {wait}\r\n"), b"");
    vec![
        sends(
            "page of a proxy",
            Expected::Inconclusive("a page of nginx"),
            response(502, "Content-Type: text/html\r\n", b"<html><hr><center>nginx/1.2</center></html>"),
        ),
        sends("429 for ever", limited, wait("0")),
        sends("429 that asks to wait for ages", limited, wait("99999999999999999999999")),
        sends("429 until the year 9999", limited, wait("Fri, 31 Dec 9999 23:59:59 GMT")),
    ]
}

/// Some of these behaviours in other responses: the case must still end and clean up.
fn elsewhere_in_the_case() -> Vec<Behaviour> {
    let named = |name, row: Behaviour| Behaviour { name, ..row };
    vec![
        named("never responds the control", never_responds()).in_the_control(NO_HEAD),
        named("bomb in the control", bomb()).in_the_control(TOO_LARGE),
        sends("control that is not HTTP", NO_HTTP, "no").in_the_control(NO_HTTP),
        sends("control that is closed", CLOSED, "").in_the_control(CLOSED).that_loses().that_runs_twice(),
        named("never responds the teardown", never_responds())
            .in_the_teardown(Expected::Leaves("waiting for a response took longer")),
        named("bomb in the teardown", bomb()).in_the_teardown(Expected::Leaves("larger than 8388608 bytes")),
        sends("teardown that is closed", CLOSED, "").in_the_teardown(Expected::Leaves("connection ended")),
    ]
}
