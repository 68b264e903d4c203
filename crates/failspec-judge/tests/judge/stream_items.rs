//! An error that is an event of a stream, or a line of one, with the status of a success.

use failspec_base::message::{BodyError, StreamFormat};
use failspec_judge::check::{Phase, Pick};
use failspec_pack::pack::{Place, Pointer, Schema, SchemaRegistry};
use serde_json::json;

use crate::harness::{Reply, World};

const CONTRACT: &str = "
envelope: { media_type: application/json, code: /error/code, message: /error/message, status: /error/status }
failures:
  - { id: overloaded, status: 200, code: overloaded, summary: x, leaks: forbidden }
  - { id: refused, status: 200, code: refused, summary: x }";

fn pick(format: StreamFormat, event: Option<&str>, filter: &[&str]) -> Pick {
    let any = || Schema::compile(json!({}), &SchemaRegistry::default()).unwrap().into();
    let filter = filter.iter().map(|text| (Pointer::parse(text).unwrap(), any())).collect();
    let within = std::time::Duration::from_secs(1);
    Pick { place: Place::Stream { format, event: event.map(str::to_owned), within }, filter }
}

fn sse(text: &str) -> Reply {
    Reply::text(200, text).with("content-type", "text/event-stream; charset=utf-8")
}

fn lines(text: &str) -> Reply {
    Reply::text(200, text).with("content-type", "application/x-ndjson")
}

#[test]
fn an_event_is_judged_as_the_body_of_an_error() {
    let world = World::new(CONTRACT, "triggers: overloaded");
    let judged = |reply: Reply| {
        world.judge_case(&[(Phase::Request, reply)], Some(pick(StreamFormat::Sse, Some("error"), &[])))
    };
    let error = |code: &str| format!("{{\"error\":{{\"code\":\"{code}\",\"message\":\"m\"}}}}");
    let begin = "event: delta\ndata: {\"text\":\"a\"}\n\n";
    for (reply, findings) in [
        (sse(&format!("{begin}event: error\ndata: {}\n\n", error("overloaded"))), &[][..]),
        // What says the same.
        (
            sse(&format!(
                "\u{feff}: ping\r\n\r\nretry: 1\r\nid: 7\r\nevent:error\r\ndata:{}\r\n\r\ndata: [DONE]\r\n\r\n",
                error("overloaded")
            )),
            &[],
        ),
        (
            sse(
                "event: error\ndata: {\"error\":\ndata: {\"code\":\"overloaded\",\"message\":\"m\",\"more\":1}}\n\n",
            ),
            &[],
        ),
        // An error of another kind, none, or none that a client gets.
        (sse(&format!("{begin}event: error\ndata: {}\n\n", error("refused"))), &["violation code"]),
        (sse(&format!("event: error\ndata: {}\n\n", error("new"))), &["violation code"]),
        (sse(&format!("{begin}event: done\ndata: {{}}\n\n")), &["violation bulk-item"]),
        (sse(&format!("{begin}event: error\ndata: {}\n", error("overloaded"))), &["violation bulk-item"]),
        (sse(&format!("{begin}data: {}\n\n", error("overloaded"))), &["violation bulk-item"]),
        (sse("event: error\ndata: {\"error\":{\"code\":\"overloaded\"}}\n\n"), &["violation message"]),
        (sse("event: error\ndata: overloaded\n\n"), &["violation unrecognized-response"]),
        (
            sse(&format!("event: error\ndata: {}\n\n", error("overloaded")))
                .broken(BodyError::EndedEarly("reset".to_owned())),
            &["violation well-formed"],
        ),
        (
            Reply::text(200, &format!("event: error\ndata: {}\n\n", error("overloaded")))
                .with("content-type", "application/json"),
            &["violation media-type"],
        ),
        (
            sse(&format!(
                "data: {{\"d\":\"panicked at src/main.rs:4:5\"}}\n\nevent: error\ndata: {}\n\n",
                error("overloaded")
            )),
            &["violation leaks"],
        ),
    ] {
        assert_eq!(judged(reply.clone()), findings, "{reply:?}");
    }
}

#[test]
fn a_line_is_judged_as_the_body_of_an_error() {
    let world = World::new(CONTRACT, "triggers: overloaded");
    let judged = |reply: Reply| {
        world.judge_case(&[(Phase::Request, reply)], Some(pick(StreamFormat::Ndjson, None, &["/error"])))
    };
    let error = "{\"error\":{\"code\":\"overloaded\",\"message\":\"m\"}}";
    for (text, findings) in [
        (format!("{{\"row\":1}}\n{error}\n"), &[][..]),
        (format!("{{\"row\":1}}\r\n\r\n{error}"), &[]),
        (format!("{{\"row\":1}}\n{}\n", error.replace("overloaded", "refused")), &["violation code"]),
        ("{\"row\":1}\n".to_owned(), &["violation bulk-item"]),
        (String::new(), &["violation bulk-item"]),
        (format!("{{\"row\":\n{error}\n"), &["violation well-formed"]),
    ] {
        assert_eq!(judged(lines(&text)), findings, "{text}");
    }
    // Streams of JSON are often called by other names.
    let other = Reply::text(200, error).with("content-type", "application/json;stream=watch");
    assert_eq!(judged(other), [] as [&str; 0]);
}

#[test]
fn a_stream_without_an_error_is_a_success() {
    let world = World::new(CONTRACT, "triggers: overloaded");
    let identify =
        |text: &str| world.identify_control(&sse(text), Some(&pick(StreamFormat::Sse, Some("error"), &[])));
    assert_eq!(identify("data: {\"a\":1}\n\ndata: [DONE]\n\n"), "success");
    assert_eq!(identify(""), "success");
    // An error that is not where it is documented is one all the same.
    assert_eq!(identify("data: {\"error\":{\"code\":\"refused\"}}\n\n"), "other refused");
    assert_eq!(identify("event: error\ndata: {\"error\":{\"code\":\"refused\"}}\n\n"), "other refused");
    // What stands where only an error is, is no success.
    assert_eq!(identify("event: error\ndata: {\"detail\":\"m\"}\n\n"), "unidentified");
    assert_eq!(identify("event: error\ndata: overloaded\n\n"), "unidentified");
}
