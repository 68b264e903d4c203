//! The same behaviour of a server has the same result over every transport.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::server::{Wire, Wired, body, read_request, request};
use failspec_base::message::TransportError;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    sync::Notify,
    time::sleep,
};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

const REFUSED: &[u8] = b"HTTP/1.1 413 Content Too Large\r\ncontent-length: 9\r\n\r\ntoo large";

#[tokio::test]
async fn request_reaches_the_server() {
    for wire in Wire::ALL {
        let seen = Arc::new(Mutex::new(String::new()));
        let record = Arc::clone(&seen);
        let wired = Wired::start(wire, move |mut stream| {
            let record = Arc::clone(&record);
            async move {
                *record.lock().unwrap() = read_request(&mut stream).await?;
                stream.write_all(OK).await
            }
        })
        .await;
        let mut sent = request("POST", &wired.url.join("/a%2Fb?c=d").unwrap());
        sent.body = body("hello");
        let response = wired.send(sent).await.result.unwrap_or_else(|error| panic!("{wire:?}: {error}"));
        assert_eq!((response.status, response.body.as_ref()), (200, &b"ok"[..]), "{wire:?}");
        let seen = seen.lock().unwrap().clone();
        let line = match wire {
            Wire::ForwardingProxy => "POST http://api.test/a%2Fb?c=d HTTP/1.1",
            _ => "POST /a%2Fb?c=d HTTP/1.1",
        };
        assert_eq!(seen.lines().next(), Some(line), "{wire:?}");
        let host = match wire {
            Wire::ForwardingProxy | Wire::UnixSocket => "host: api.test\r\n".to_owned(),
            Wire::OtherAddress => "host: api.test:8080\r\n".to_owned(),
            _ => format!("host: {}\r\n", wired.url.authority()),
        };
        assert!(seen.contains(&host), "{wire:?}: {seen}");
        let authorized = seen.contains("proxy-authorization: Basic dXNlcjpwYXNzd29yZA==\r\n");
        assert_eq!(authorized, wire == Wire::ForwardingProxy, "{wire:?}: {seen}");
        assert!(seen.ends_with("\r\n\r\nhello"), "{wire:?}: {seen}");
    }
}

#[tokio::test]
async fn body_that_comes_later_is_read() {
    for wire in Wire::ALL {
        let wired = Wired::start(wire, |mut stream| async move {
            loop {
                read_request(&mut stream).await?;
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n").await?;
                stream.flush().await?;
                sleep(Duration::from_millis(3)).await;
                stream.write_all(b"ok").await?;
                stream.flush().await?;
            }
        })
        .await;
        for method in ["POST", "POST", "GET", "DELETE", "GET"] {
            let response = wired.send(request(method, &wired.url)).await.result.expect("a response");
            assert_eq!((response.body.as_ref(), response.defect), (&b"ok"[..], None), "{wire:?} {method}");
        }
    }
}

#[tokio::test]
async fn early_response_is_read_although_the_connection_is_reset() {
    for wire in Wire::ALL {
        let wired = Wired::start(wire, |mut stream| async move {
            stream.read_exact(&mut [0; 100]).await?;
            stream.write_all(REFUSED).await?;
            // Closed while the rest of the request is not read: the system resets the connection.
            stream.flush().await
        })
        .await;
        for round in 0..10 {
            let mut upload = request("POST", &wired.url);
            // More than the buffers of the system hold on the way: the request is never written whole.
            upload.body = body(vec![b'x'; 64 << 20]);
            let result = wired.send(upload).await.result;
            // Through a proxy, the reset of the one connection can overtake the response on the other one.
            if matches!(wire, Wire::Tunnel | Wire::Socks)
                && matches!(result, Err(TransportError::Closed { request_written: false, .. }))
            {
                continue;
            }
            let response = result.unwrap_or_else(|error| panic!("{wire:?}, round {round}: {error}"));
            assert_eq!((response.status, response.body.as_ref()), (413, &b"too large"[..]), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn no_connection_is_reused_after_an_early_response() {
    for wire in Wire::ALL {
        let wired = Wired::start(wire, |mut stream| async move {
            loop {
                stream.read_exact(&mut [0; 100]).await?;
                stream.write_all(REFUSED).await?;
                stream.flush().await?;
                // The rest is read later: the client cannot know what the server makes of it.
                sleep(Duration::from_millis(30)).await;
                let mut rest = vec![0; 64 << 10];
                while stream.read(&mut rest).await? == rest.len() {}
            }
        })
        .await;
        for round in 1..=3 {
            let mut upload = request("PUT", &wired.url);
            upload.body = body(vec![b'x'; 8 << 20]);
            let response = wired.send(upload).await.result;
            assert_eq!(response.map(|response| response.status), Ok(413), "{wire:?}");
            assert_eq!(wired.connections(), round, "{wire:?}");
        }
    }
}

#[tokio::test]
async fn lost_connection_is_told_with_what_is_known_of_the_request() {
    for wire in Wire::ALL {
        for (size, whole) in [(10, true), (16 << 20, false)] {
            let requests = Arc::new(AtomicUsize::new(0));
            let count = Arc::clone(&requests);
            let wired = Wired::start(wire, move |mut stream| {
                count.fetch_add(1, Ordering::Relaxed);
                async move {
                    match whole {
                        true => read_request(&mut stream).await.map(|_| ()),
                        false => stream.read_exact(&mut [0; 100]).await.map(|_| ()),
                    }
                }
            })
            .await;
            let mut sent = request("POST", &wired.url);
            sent.body = body(vec![b'x'; size]);
            let error = wired.send(sent).await.result.expect_err("no response");
            let TransportError::Closed { request_written, .. } = error else { panic!("{wire:?}: {error}") };
            assert_eq!(request_written, whole, "{wire:?}, {size} bytes");
            assert_eq!(requests.load(Ordering::Relaxed), 1, "{wire:?}: nothing is sent twice");
        }
    }
}

#[tokio::test]
async fn connection_closed_between_two_requests_is_no_failure() {
    for wire in Wire::ALL {
        let wired = Wired::start(wire, |mut stream| async move {
            read_request(&mut stream).await?;
            stream.write_all(OK).await?;
            stream.shutdown().await
        })
        .await;
        for method in ["GET", "POST", "GET", "DELETE"] {
            let response = wired.send(request(method, &wired.url)).await.result;
            assert_eq!(response.map(|response| response.status), Ok(200), "{wire:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn safe_request_is_sent_once_more_after_a_loss_on_a_reused_connection() {
    for wire in Wire::ALL {
        let wired = Wired::start(wire, |mut stream| async move {
            read_request(&mut stream).await?;
            stream.write_all(OK).await?;
            stream.flush().await?;
            read_request(&mut stream).await.map(|_| ())
        })
        .await;
        for _ in 0..3 {
            let response = wired.send(request("GET", &wired.url)).await.result;
            assert_eq!(response.map(|response| response.status), Ok(200), "{wire:?}");
        }
    }
}

#[tokio::test]
async fn body_after_head_never_becomes_the_next_response() {
    for wire in Wire::ALL {
        let wired = Wired::start(wire, |mut stream| async move {
            loop {
                let request = read_request(&mut stream).await?;
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n").await?;
                stream.flush().await?;
                if request.starts_with("HEAD") {
                    sleep(Duration::from_millis(1)).await;
                }
                stream.write_all(b"HTTP/").await?;
                stream.flush().await?;
            }
        })
        .await;
        for _ in 0..5 {
            let head = wired.send(request("HEAD", &wired.url)).await.result;
            assert_eq!(head.map(|response| response.status), Ok(200), "{wire:?}");
            let next = wired.send(request("GET", &wired.url)).await;
            assert_eq!(next.result.map(|response| response.body), Ok("HTTP/".into()), "{wire:?}");
        }
    }
}

/// A server that sends a second response to `/evil` after this pause.
async fn surplus(wire: Wire, pause: Duration) -> Wired {
    surplus_told(wire, pause, Arc::default()).await
}

/// The same, and it tells when the second response has been written.
async fn surplus_told(wire: Wire, pause: Duration, written: Arc<Notify>) -> Wired {
    Wired::start(wire, move |mut stream| {
        let written = Arc::clone(&written);
        async move {
            loop {
                let request = read_request(&mut stream).await?;
                stream.write_all(OK).await?;
                stream.flush().await?;
                if request.lines().next().is_some_and(|line| line.contains("/evil")) {
                    sleep(pause).await;
                    let poison = b"HTTP/1.1 400 Bad\r\ncontent-length: 6\r\n\r\npoison";
                    let sent = async { stream.write_all(poison).await.and(stream.flush().await) }.await;
                    // The client may have closed the connection already.
                    written.notify_one();
                    sent?;
                }
            }
        }
    })
    .await
}

#[tokio::test]
async fn surplus_that_arrived_is_never_a_response() {
    for wire in Wire::ALL {
        for pause in [0, 2] {
            let written = Arc::new(Notify::new());
            let wired = surplus_told(wire, Duration::from_millis(pause), Arc::clone(&written)).await;
            for round in 0..10 {
                let evil = wired.send(request("GET", &wired.url.join("/evil").unwrap())).await;
                assert_eq!(evil.result.map(|response| response.status), Ok(200), "{wire:?} {round}");
                written.notified().await;
                // There may be a proxy in between, and the machine may be busy.
                sleep(Duration::from_millis(25)).await;
                for method in ["GET", "POST"] {
                    let next = wired.send(request(method, &wired.url)).await.result;
                    let next = next.map(|response| (response.status, response.body));
                    assert_eq!(next, Ok((200, "ok".into())), "{wire:?} {round} {method}");
                }
            }
        }
    }
}

#[tokio::test]
async fn response_that_may_be_surplus_is_in_doubt() {
    for wire in Wire::ALL {
        let wired = surplus(wire, Duration::from_millis(3)).await;
        let first = wired.send(request("GET", &wired.url)).await;
        let evil = wired.send(request("GET", &wired.url.join("/evil").unwrap())).await;
        // Sent before the surplus arrives: what is read may be either response.
        let next = wired.send(request("GET", &wired.url)).await;
        sleep(Duration::from_millis(30)).await;
        wired.client.retire_idle();
        let used = |exchange: &failspec_base::message::Exchange| exchange.connection.expect("a connection");
        assert_eq!(used(&first).earlier, 0, "{wire:?}");
        for exchange in [&evil, &next] {
            if used(exchange).earlier > 0 {
                assert!(wired.client.had_surplus(used(exchange).connection).await, "{wire:?}");
            }
        }
        // Now it is known, and no connection is used twice.
        let after = wired.send(request("GET", &wired.url)).await;
        assert_eq!(used(&after).earlier, 0, "{wire:?}");
        assert_eq!(after.result.map(|response| response.status), Ok(200), "{wire:?}");
    }
}

#[tokio::test]
async fn surplus_after_the_last_request_is_found_when_the_connection_ends() {
    for wire in Wire::ALL {
        let wired = surplus(wire, Duration::from_millis(40)).await;
        wired.send(request("GET", &wired.url)).await;
        let evil = wired.send(request("GET", &wired.url.join("/evil").unwrap())).await;
        wired.client.retire_idle();
        let usage = evil.connection.expect("a connection");
        assert_eq!(usage.earlier, 1, "{wire:?}");
        assert!(wired.client.had_surplus(usage.connection).await, "{wire:?}");
    }
}

#[tokio::test]
async fn orderly_connection_is_not_in_doubt() {
    for wire in Wire::ALL {
        let wired = surplus(wire, Duration::ZERO).await;
        let mut used = Vec::new();
        for _ in 0..5 {
            used.push(wired.send(request("GET", &wired.url)).await.connection.expect("a connection"));
        }
        assert_eq!(used.last().map(|usage| usage.earlier), Some(4), "{wire:?}");
        wired.client.retire_idle();
        assert!(!wired.client.had_surplus(used[4].connection).await, "{wire:?}");
    }
}
