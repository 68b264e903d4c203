//! How long a response says to wait, in every form and at every place.

use serde_json::{Value, json};

use crate::harness::{Reply, World};

/// 1795168800 in Unix time.
const NOW: &str = "Fri, 20 Nov 2026 10:00:00 GMT";

fn world(places: &str) -> World {
    let contract = format!("failures: [ {{ id: a, status: 503, summary: x, retry_after: [ {places} ] }} ]");
    World::new(&contract, "triggers: a")
}

fn header(value: &str) -> Reply {
    Reply::text(503, "").with("date", NOW).with("x-wait", value)
}

fn body(value: Value) -> Reply {
    Reply::json(503, json!({ "wait": value })).with("date", NOW)
}

#[test]
fn a_header_without_a_documented_form_is_read_in_each_form() {
    let world = world("{ header: X-Wait }");
    for (text, seconds) in [
        ("30", Some(30.0)),
        (" 30 ", Some(30.0)),
        ("0", Some(0.0)),
        ("0.75", Some(0.75)),
        (".5", None),
        ("1.2.3", None),
        ("5 6", None),
        // Ten years are the longest wait; more is a point in time, of which the form is not known.
        ("316223999", Some(316_223_999.0)),
        ("316224000", None),
        ("Fri, 20 Nov 2026 10:00:30 GMT", Some(30.0)),
        ("2026-11-20T10:00:30Z", Some(30.0)),
        ("Fri, 20 Nov 2026 09:00:00 GMT", Some(0.0)),
        ("1m30s", Some(90.0)),
        ("-30s", None),
        ("30 s", None),
        ("\"a\";r=0;t=30", Some(30.0)),
        ("\"a\";r=0;t=30, \"b\";r=0;t=60, \"c\";r=1;t=90", Some(60.0)),
        ("\"a\";r=1;t=30, \"b\";r=2;t=20", Some(30.0)),
        ("\"a\";r=0;t=316224000", None),
        ("\"a\";r=0;t=316224000, \"b\";r=1;t=9", None),
        ("limit=10, remaining=0, reset=30", Some(30.0)),
        ("limit=10, remaining=0, reset=316224000", None),
        ("limit=10, remaining=0, reset=1795168830", None),
        ("limit=10", None),
    ] {
        assert_eq!(world.told_wait(&header(text)), seconds, "{text}");
    }
}

#[test]
fn a_member_without_a_documented_form_is_a_number_a_date_or_a_duration() {
    let world = world("{ pointer: /wait }");
    for (value, seconds) in [
        (json!(30), Some(30.0)),
        (json!(0.5), Some(0.5)),
        (json!(-1), None),
        (json!(316_223_999), Some(316_223_999.0)),
        (json!(316_224_000), None),
        (json!("30"), None),
        (json!("30s"), Some(30.0)),
        (json!(" 30s "), Some(30.0)),
        (json!(NOW), Some(0.0)),
        // The parameters of a header have no meaning in a body.
        (json!("reset=30"), None),
        (json!("\"a\";r=0;t=30"), None),
        (json!(true), None),
        (json!([30]), None),
    ] {
        assert_eq!(world.told_wait(&body(value.clone())), seconds, "{value}");
    }
}

#[test]
fn a_documented_form_is_read_as_nothing_else() {
    let at_body = |form: &str, value: Value| {
        world(&format!("{{ pointer: /wait, as: {form} }}")).told_wait(&body(value))
    };
    let at_header =
        |form: &str, text: &str| world(&format!("{{ header: X-Wait, as: {form} }}")).told_wait(&header(text));
    for (form, value, seconds) in [
        ("seconds", json!(30), Some(30.0)),
        ("seconds", json!("30"), None),
        ("seconds", json!(-1), None),
        ("seconds", json!(316_224_000), None),
        ("milliseconds", json!(1500), Some(1.5)),
        ("milliseconds", json!("1500"), Some(1.5)),
        ("milliseconds", json!(-1), None),
        ("unix", json!(1_795_168_830), Some(30.0)),
        ("unix", json!("1795168830"), Some(30.0)),
        ("unix_milliseconds", json!(1_795_168_830_500_i64), Some(30.5)),
        ("unix_milliseconds", json!("1795168830500"), Some(30.5)),
        ("date", json!("Fri, 20 Nov 2026 10:00:30 GMT"), Some(30.0)),
        ("date", json!("2026-11-20T10:00:30Z"), Some(30.0)),
        ("date", json!("30s"), None),
        ("duration", json!("PT30S"), Some(30.0)),
        ("duration", json!(NOW), None),
        ("duration", json!(30), None),
        ("unix", json!("30s"), None),
    ] {
        assert_eq!(at_body(form, value.clone()), seconds, "{form} {value}");
    }
    for (form, text, seconds) in [
        ("seconds", "30", Some(30.0)),
        ("seconds", "30s", None),
        ("seconds", NOW, None),
        ("milliseconds", "1500", Some(1.5)),
        ("unix", "1795168830", Some(30.0)),
        ("unix", "-1", None),
        ("date", NOW, Some(0.0)),
        ("date", "30", None),
        ("duration", "30s", Some(30.0)),
    ] {
        assert_eq!(at_header(form, text), seconds, "{form} {text}");
    }
}

#[test]
fn the_documented_place_counts_before_retry_after() {
    let both = || body(json!(30)).with("retry-after", "60");
    assert_eq!(world("{ pointer: /wait }").told_wait(&both()), Some(30.0));
    assert_eq!(world("{ pointer: /other }").told_wait(&both()), Some(60.0));
    assert_eq!(world("{ pointer: /other }, { pointer: /wait }").told_wait(&both()), Some(30.0));
    let silent = World::new("failures: [ { id: a, status: 503, summary: x } ]", "triggers: a");
    assert_eq!(silent.told_wait(&both()), Some(60.0));
    assert_eq!(silent.told_wait(&body(json!(30))), None);
    let at = |text: &str| silent.told_wait(&Reply::text(503, "").with("date", NOW).with("retry-after", text));
    assert_eq!(at("Fri, 20 Nov 2026 10:00:30 GMT"), Some(30.0));
    // A time in the past is no wait at all.
    assert_eq!(at("Fri, 20 Nov 2026 09:59:00 GMT"), Some(0.0));
    assert_eq!(at("soon"), None);
}

#[test]
fn places_agree_within_three_seconds_and_lie_in_the_future() {
    let one = world("{ header: X-Wait }");
    for (text, expected) in [
        ("Fri, 20 Nov 2026 09:59:57 GMT", None),
        ("Fri, 20 Nov 2026 09:59:56 GMT", Some("X-Wait is a time in the past: 4 s ago")),
        ("2026-11-20T09:59:55.432Z", Some("X-Wait is a time in the past: 4.57 s ago")),
        ("soon", Some("X-Wait is not a number of seconds, a date or a duration: \"soon\"")),
    ] {
        assert_eq!(one.messages(header(text)), expected.into_iter().collect::<Vec<_>>(), "{text}");
    }
    assert_eq!(one.messages(Reply::text(503, "")), ["X-Wait is missing"]);
    let two = world("{ pointer: /wait }, { header: X-Wait }, { header: X-More }");
    let reply =
        |wait: Value, header: &str, more: &str| body(wait).with("x-wait", header).with("x-more", more);
    for (reply, expected) in [
        (reply(json!(30), "33", "27"), None),
        (reply(json!(30), "33.5", "30"), Some("30 s in /wait and 33.5 s in X-Wait")),
        (reply(json!(30), "30", "26.5"), Some("30 s in /wait and 26.5 s in X-More")),
        (reply(json!(30.125), "30", "90.126"), Some("30.13 s in /wait and 90.13 s in X-More")),
    ] {
        let expected: Vec<String> =
            expected.iter().map(|actual| format!("the documented retry delays disagree: {actual}")).collect();
        assert_eq!(two.messages(reply.clone()), expected, "{reply:?}");
    }
    for (form, name) in [
        ("seconds", "a number of seconds"),
        ("milliseconds", "a number of milliseconds"),
        ("unix", "a Unix time in seconds"),
        ("unix_milliseconds", "a Unix time in milliseconds"),
        ("date", "a date"),
        ("duration", "a duration"),
    ] {
        let world = world(&format!("{{ pointer: /wait, as: {form} }}"));
        assert_eq!(world.messages(body(json!(true))), [format!("/wait is not {name}: true")]);
    }
}
