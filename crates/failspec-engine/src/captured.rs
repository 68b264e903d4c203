//! Values that steps take from responses, such as the id of what they made.

use serde_json::Value;

use failspec_base::{encoding::percent_decode, message::Request};
use failspec_judge::check::View;
use failspec_pack::pack::{Capture, Part};

/// Returns the value that a capture takes from a response, if one of its places has it. Where the document may be wrong about what is
/// around the thing, so may the places be.
pub(super) fn captured(
    capture: &Capture,
    request: Option<&Request>,
    unique: &str,
    view: View<'_>,
    may_be_wrapped: bool,
) -> Option<Value> {
    let path = request.map_or("", |request| request.url.path());
    let others = capture.otherwise.iter();
    let first = view.part(&capture.part).filter(|value| !value.is_null());
    // Another place is only likely: what is no id, such as an object, is not taken.
    let is_scalar = |value: &Value| value.is_string() || value.is_number();
    let other = || others.filter_map(|pointer| pointer.find(view.body()?).cloned()).find(is_scalar);
    let named = |value: Value| match value.as_str().and_then(|name| id_in_name(name, path)) {
        Some(id) if capture.resource_name => id.into(),
        _ => value,
    };
    let wrapped = || in_wrapper(capture, request?, unique, view.body()?).filter(|_| may_be_wrapped);
    first.or_else(other).or_else(wrapped).map(named).or_else(|| {
        let is_id = capture.location;
        let in_location = || id_in_location(view.response.header("location")?, path);
        is_id.then(|| in_location().or_else(|| own_key(request?, unique))).flatten()
    })
}

/// Returns what a capture takes from a member of a response, if the documented thing is in that: it has a text of the run as the request
/// sent it, and the id is its own and not that of its owner. `{"ok": true, "message": {"id": 7, "name": "…"}}`.
fn in_wrapper(capture: &Capture, request: &Request, unique: &str, body: &Value) -> Option<Value> {
    let Part::Body(first) = &capture.part else { return None };
    // What is behind the thing may be the fault.
    let mut sent = serde_json::Deserializer::from_slice(&request.body.as_ref()?.bytes).into_iter::<Value>();
    let sent = sent.next()?.ok()?;
    let (of_run, _) = unique.rsplit_once('-')?;
    let is_own = |text: &Value| text.as_str().is_some_and(|text| text.contains(of_run));
    let is_thing = |wrapper: &&Value| {
        let mut members = sent.as_object().into_iter().flatten();
        wrapper.is_object() && members.any(|(name, value)| is_own(value) && wrapper.get(name) == Some(value))
    };
    let thing = body.as_object()?.values().find(is_thing)?;
    let is_scalar = |value: &&Value| value.is_string() || value.is_number();
    let mut places = [first].into_iter().chain(&capture.otherwise);
    places.find_map(|pointer| pointer.find(thing).filter(is_scalar).cloned())
}

/// Returns the name under which a creation sent the only thing of a map, if it is one of the run: the server has no other for it.
fn own_key(request: &Request, unique: &str) -> Option<Value> {
    let body: Value = serde_json::from_slice(&request.body.as_ref()?.bytes).ok()?;
    let members = body.as_object().filter(|members| members.len() == 1)?;
    let (name, thing) = members.iter().next()?;
    // Another case of the run may have sent it.
    let (of_run, _) = unique.rsplit_once('-')?;
    (thing.is_object() && name.starts_with(&format!("{of_run}-"))).then(|| name.clone().into())
}

/// Returns the last segment of the path in the header `Location`, decoded. `None` if there is more than one behind the name of the
/// collection, the last segment of `path`: the end of an id that has a `/` in it is the id of another thing.
fn id_in_location(location: &str, path: &str) -> Option<Value> {
    let segments = |text: &str| -> Vec<String> {
        let path = text.split(['?', '#']).next().unwrap_or_default();
        path.trim_end_matches('/').split('/').map(|segment| percent_decode(segment).into_owned()).collect()
    };
    let location = segments(location);
    let collection = segments(path).pop().unwrap_or_default();
    let (last, before) =
        location.split_last().filter(|(last, _)| !last.is_empty() && **last != collection)?;
    let at = before.iter().rposition(|segment| !collection.is_empty() && *segment == collection);
    at.is_none_or(|at| at + 1 == before.len()).then(|| last.clone().into())
}

/// Returns the id in the name of a resource, the part behind its collection (AIP-122): `17` of `pets/17` in the response to a request to
/// `/v1/pets`, or to `/v1/pets/17`. `None` if it is no such name.
pub(super) fn id_in_name<'n>(name: &'n str, path: &str) -> Option<&'n str> {
    let (collection, id) = name.rsplit_once('/').filter(|(_, id)| !id.is_empty())?;
    let path = percent_decode(path.trim_end_matches('/'));
    let ends = |end: &str| path.strip_suffix(end).is_some_and(|before| before.ends_with('/'));
    (!collection.is_empty() && (ends(collection) || ends(name))).then_some(id)
}

#[cfg(test)]
mod tests {
    use failspec_pack::pack::Pointer;
    use serde_json::json;

    use super::*;

    fn request(body: &str) -> Request {
        Request {
            body: Some(failspec_base::message::Body { bytes: body.to_owned().into(), shown: body.into() }),
            ..Request::new("POST", url::Url::parse("http://127.0.0.1/things").unwrap())
        }
    }

    #[test]
    fn the_only_thing_of_a_map_has_the_name_that_was_sent() {
        for (body, expected) in [
            (r#"{"failspec-abc-7":{"kind":"wide"}}"#, Some("failspec-abc-7")),
            (r#"{"failspec-abc-8-added":{}}"#, Some("failspec-abc-8-added")),
            // It is no thing, none of the run, or one of several.
            (r#"{"failspec-abc-7":"wide"}"#, None),
            (r#"{"failspec-abd-7":{}}"#, None),
            (r#"{"failspec-abc-7":{},"other":{}}"#, None),
            (r#"["failspec-abc-7"]"#, None),
            ("", None),
        ] {
            let found = own_key(&request(body), "failspec-abc-9");
            assert_eq!(found, expected.map(Value::from), "{body}");
        }
    }

    #[test]
    fn a_thing_may_be_in_a_member_of_a_response_that_the_document_does_not_have() {
        let capture = Capture::of("made", Part::Body(Pointer::from_steps(["id"])));
        let sent = r#"{"name":"failspec-abc-7","size":1}"#;
        for (body, expected) in [
            (json!({ "ok": true, "message": { "id": 7, "name": "failspec-abc-7" } }), Some(json!(7))),
            (
                json!({ "data": { "id": "a", "name": "failspec-abc-7" }, "owner": { "id": "b" } }),
                Some(json!("a")),
            ),
            // It is that of somebody else, it is no id, or there is none.
            (json!({ "name": "failspec-abc-7", "owner": { "id": 5, "name": "Ann" } }), None),
            (json!({ "owner": { "id": 5, "size": 1 } }), None),
            (json!({ "data": { "id": {}, "name": "failspec-abc-7" } }), None),
            (json!({ "data": { "name": "failspec-abc-7" } }), None),
            (json!("a"), None),
        ] {
            assert_eq!(in_wrapper(&capture, &request(sent), "failspec-abc-7", &body), expected, "{body}");
            let followed = request(&format!("{sent}}}"));
            assert_eq!(in_wrapper(&capture, &followed, "failspec-abc-7", &body), expected, "{body}");
        }
    }

    #[test]
    fn the_id_in_location_is_the_one_segment_behind_the_collection() {
        for (location, path, expected) in [
            ("/pools/p1", "/v1/pools", Some("p1")),
            ("https://other.test/v2/pools/p%2F1/?full=1#top", "/v1/pools/", Some("p/1")),
            // The path has another name, or none.
            ("/silence/s1", "/api/silences", Some("s1")),
            ("p1", "/pools", Some("p1")),
            ("p1", "", Some("p1")),
            // The collection has the name of what it is in.
            ("/pools/a/pools/b", "/pools/a/pools", Some("b")),
            // A `/` in the id: its end is the id of another thing.
            ("/pools/mine/a", "/pools", None),
            ("/pools/", "/pools", None),
            ("", "/pools", None),
        ] {
            assert_eq!(id_in_location(location, path), expected.map(Value::from), "{location} {path}");
        }
    }

    #[test]
    fn the_id_in_a_name_is_behind_its_collection() {
        for (name, path, expected) in [
            ("pets/17", "/v1/pets", Some("17")),
            ("pets/17", "/v1/pets/17", Some("17")),
            ("shops/a%20b/pets/17", "/v1/shops/a%2520b/pets/", Some("17")),
            ("shops/a/pets/17", "/v1/shops/a/pets", Some("17")),
            // The path is of something else, or the text is no name.
            ("pets/17", "/v1/dogs", None),
            ("pets/17", "/v1/carpets", None),
            ("17", "/v1/pets", None),
            ("pets/", "/v1/pets", None),
            ("/17", "/v1/pets", None),
        ] {
            assert_eq!(id_in_name(name, path), expected, "{name} {path}");
        }
    }
}
