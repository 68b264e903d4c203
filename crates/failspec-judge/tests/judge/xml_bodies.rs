//! Errors in XML: those of an object store, of AWS Query and of SOAP 1.1 and 1.2. Each with wrong servers and harmless changes.

use failspec_base::secret::{Mask, Secret};
use failspec_judge::{
    check::{Phase, unread_stream},
    snapshot::{NormalizedResponse, picture},
};
use failspec_pack::pack::RequestPart;
use serde_json::json;

use crate::harness::{Reply, World};

fn xml(status: u16, body: &str) -> Reply {
    Reply::text(status, body).with("content-type", "application/xml")
}

/// Asserts what the checks say of each response.
fn assert_judged(world: &World, table: &[(Reply, &[&str])]) {
    for (index, (reply, findings)) in table.iter().enumerate() {
        assert_eq!(world.judge(reply.clone()), *findings, "{index}: {reply:?}");
    }
}

const STORE: &str = "
envelope:
  media_type: application/xml
  code: { xml: /Error/Code }
  message: { xml: /Error/Message }
  request_id: { xml: /Error/RequestId, header: x-request-id }
failures:
  - { id: no_key, status: 404, code: NoSuchKey, summary: x }
  - { id: no_bucket, status: 404, code: NoSuchBucket, summary: x }";

fn store(body: &str) -> Reply {
    xml(404, body).with("x-request-id", "R1")
}

#[test]
fn error_of_an_object_store() {
    let world = World::new(STORE, "triggers: no_key");
    let error = |code: &str| {
        format!("<Error><Code>{code}</Code><Message>No such key</Message><RequestId>R1</RequestId></Error>")
    };
    assert_judged(
        &world,
        &[
            (store(&error("NoSuchKey")), &[]),
            // What says the same: a declaration, a namespace, attributes, white space, comments, new elements, CDATA.
            (
                store(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<e:Error xmlns:e=\"urn:s\" a='1'>\r\n  <e:HostId>h</e:HostId>\
                     <e:RequestId>R1</e:RequestId>\r\n <e:Message><![CDATA[No <key>]]></e:Message> <!-- c -->\
                     <e:Code>NoSuch&#x4b;ey</e:Code>\r\n</e:Error>\r\n",
                ),
                &[],
            ),
            (store(&error("NoSuchBucket")), &["violation code"]),
            (store(&error("nosuchkey")), &["violation code"]),
            (store(&error("")), &["violation code"]),
            (store("<Error><Message>m</Message><RequestId>R1</RequestId></Error>"), &["violation code"]),
            (store("<Error><Code>NoSuchKey</Code><RequestId>R1</RequestId></Error>"), &["violation message"]),
            (
                store("<Error><Code>NoSuchKey</Code><Message> </Message><RequestId>R1</RequestId></Error>"),
                &["violation message"],
            ),
            (store("<Error><Code>NoSuchKey</Code><Message>m</Message></Error>"), &["violation request-id"]),
            (
                store("<Error><Code>NoSuchKey</Code><Message>m</Message><RequestId>R2</RequestId></Error>"),
                &["violation request-id"],
            ),
            (store(&error("NoSuchKey").replace("</Error>", "")), &["violation well-formed"]),
            (store(""), &["violation well-formed"]),
            (store("<html><h1>404</h1></html>"), &["violation unrecognized-response"]),
        ],
    );
    assert_eq!(world.identify(&store(&error("NoSuchBucket"))), "other no_bucket");
    assert_eq!(world.identify(&store(&error("New"))), "undocumented \"New\"");
    // The same in JSON, under either media type, is no XML.
    let in_json = json!({ "Error": { "Code": "NoSuchKey", "Message": "m", "RequestId": "R1" } }).to_string();
    for media_type in ["application/xml", "application/json"] {
        let reply = Reply::text(404, &in_json).with("content-type", media_type).with("x-request-id", "R1");
        assert_eq!(world.judge(reply), ["violation unrecognized-response"], "{media_type}");
    }
    // The right body under another media type is still recognised.
    let plain =
        Reply::text(404, &error("NoSuchKey")).with("content-type", "text/plain").with("x-request-id", "R1");
    assert_eq!(world.judge(plain), ["violation media-type"]);
    let messages = world.messages(store("<Error><Code>NoSuchKey</Error>"));
    assert_eq!(messages.len(), 1, "{messages:?}");
}

#[test]
fn an_error_on_the_status_of_a_success_is_no_success() {
    let world = World::new(STORE, "triggers: no_key");
    let error = "<Error><Code>NoSuchBucket</Code><Message>m</Message><RequestId>R1</RequestId></Error>";
    assert_eq!(world.identify_control(&xml(200, error), None), "other no_bucket");
    assert_eq!(
        world.identify_control(&xml(200, "<ListBucketResult><Name>b</Name></ListBucketResult>"), None),
        "success"
    );
}

#[test]
fn query_error_has_a_list() {
    let contract = "
envelope:
  media_type: [text/xml, application/xml]
  code: { xml: '/ErrorResponse/Error[*]/Code', namespace: 'urn:q' }
  message: { xml: '/ErrorResponse/Error[*]/Message' }
failures:
  - { id: absent, status: 400, code: Absent, summary: x, names: { xml: '/ErrorResponse/Error[*]/Field' } }
  - { id: hidden, status: 400, code: Hidden, summary: x }";
    let world = World::new(contract, "triggers: absent");
    let error = |code: &str, field: &str| {
        format!(
            "<Error><Type>Sender</Type><Code>{code}</Code><Message>m</Message><Field>{field}</Field></Error>"
        )
    };
    let all = |errors: &[String]| {
        let body = format!("<ErrorResponse xmlns='urn:q'>{}</ErrorResponse>", errors.concat());
        Reply::text(400, &body).with("content-type", "Text/XML; charset=utf-8")
    };
    assert_judged(
        &world,
        &[
            (all(&[error("Absent", "a")]), &[]),
            (all(&[error("Other", "a"), error("Absent", "b")]), &[]),
            (all(&[error("Hidden", "a")]), &["violation code"]),
            (
                Reply::text(
                    400,
                    "<ErrorResponse><Error><Code>Absent</Code><Message>m</Message></Error></ErrorResponse>",
                )
                .with("content-type", "text/xml"),
                &["violation code"],
            ),
            (all(&["<Error><Code>Absent</Code></Error>".to_owned()]), &["violation message"]),
        ],
    );
    let with_fault = |reply: Reply| {
        world.judge_with(&[(Phase::Request, reply)], |observed| {
            observed.faulty_parts.insert(RequestPart::Query("limit".to_owned()));
        })
    };
    assert_eq!(with_fault(all(&[error("Absent", "limit")])), [] as [&str; 0]);
    assert_eq!(with_fault(all(&[error("Absent", "page"), error("Absent", "query.limit")])), [] as [&str; 0]);
    assert_eq!(with_fault(all(&[error("Absent", "page")])), ["violation names-fault"]);
}

#[test]
fn soap_faults_of_both_versions() {
    let contract = "
envelope:
  media_type: [text/xml, application/soap+xml]
  code:
    - { xml: /Envelope/Body/Fault/faultcode, namespace: 'http://schemas.xmlsoap.org/soap/envelope/', extract: '[^:]+$' }
    - { xml: /Envelope/Body/Fault/Code/Value, namespace: 'http://www.w3.org/2003/05/soap-envelope', extract: '[^:]+$' }
failures:
  - { id: client, status: [400, 500], code: Client, codes: [Client, Sender], summary: x,
      match: { /Envelope/Body/Fault: { type: object } } }
  - { id: server, status: 500, code: Server, codes: [Server, Receiver], summary: x }";
    let world = World::new(contract, "triggers: client");
    let old = |prefix: &str, code: &str| {
        let body = format!(
            "<{prefix}:Envelope xmlns:{prefix}='http://schemas.xmlsoap.org/soap/envelope/'><{prefix}:Body><{prefix}:Fault>\
             <faultcode>{prefix}:{code}</faultcode><faultstring>m</faultstring></{prefix}:Fault></{prefix}:Body></{prefix}:Envelope>"
        );
        Reply::text(500, &body).with("content-type", "text/xml")
    };
    let new = |code: &str| {
        let body = format!(
            "<Envelope xmlns='http://www.w3.org/2003/05/soap-envelope' xmlns:s='http://www.w3.org/2003/05/soap-envelope'><Body><Fault>\
             <Code><Value>s:{code}</Value></Code><Reason><Text xml:lang='en'>m</Text></Reason></Fault></Body></Envelope>"
        );
        Reply::text(400, &body).with("content-type", "application/soap+xml; charset=utf-8")
    };
    assert_judged(
        &world,
        &[
            (old("soap", "Client"), &[]),
            (old("SOAP-ENV", "Client"), &[]),
            (new("Sender"), &[]),
            (old("soap", "Server"), &["violation code"]),
            (new("Receiver"), &["violation code"]),
            (old("soap", "client"), &["violation code"]),
        ],
    );
}

#[test]
fn either_format_where_both_are_documented() {
    let contract = "
envelope: { code: [ /error/code, { xml: /Error/Code } ] }
failures: [ { id: a, status: 404, code: Absent, summary: x }, { id: b, status: 404, code: Other, summary: x } ]";
    let world = World::new(contract, "triggers: a");
    assert_judged(
        &world,
        &[
            (xml(404, "<Error><Code>Absent</Code></Error>"), &[]),
            (Reply::json(404, json!({ "error": { "code": "Absent" } })), &[]),
            (xml(404, "<error><code>Absent</code></error>"), &["violation code"]),
            (Reply::json(404, json!({ "Error": { "Code": "Absent" } })), &["violation code"]),
            (xml(404, "<Error><Code>Other</Code></Error>"), &["violation code"]),
        ],
    );
}

#[test]
fn xml_in_place_of_json_stays_wrong() {
    let contract = "
envelope: { code: /Error/Code, message: /Error/Message }
failures: [ { id: a, status: 404, code: Absent, summary: x } ]";
    let world = World::new(contract, "triggers: a");
    let reply = xml(404, "<Error><Code>Absent</Code><Message>m</Message></Error>");
    assert_eq!(world.judge(reply), ["violation unrecognized-response"]);
}

#[test]
fn numbers_and_statuses_are_texts_in_xml() {
    let contract = "
envelope: { code: { xml: /e@code }, status: { xml: /e/status } }
failures: [ { id: a, status: 404, code: 17, summary: x } ]";
    let world = World::new(contract, "triggers: a");
    assert_judged(
        &world,
        &[
            (xml(404, "<e code='17'><status>404</status></e>"), &[]),
            (xml(404, "<e code='18'><status>404</status></e>"), &["violation code"]),
            (xml(404, "<e code='17'><status>400</status></e>"), &["violation body-status"]),
        ],
    );
}

#[test]
fn internals_are_seen_in_texts_attributes_and_comments() {
    let contract = "
envelope: { code: { xml: /e/code } }
failures: [ { id: a, status: 500, code: x, summary: x, leaks: forbidden } ]";
    let world = World::new(contract, "triggers: a");
    let trace = "java.lang.NullPointerException at com.x.Y.z(Y.java:12)";
    for (body, leaks) in [
        ("<e><code>x</code></e>".to_owned(), false),
        (format!("<e><code>x</code><detail>{trace}</detail></e>"), true),
        (format!("<e at='{trace}'><code>x</code></e>"), true),
        (format!("<e><code>x</code></e><!-- {trace} -->"), true),
        (format!("<e><code>x</code><d><![CDATA[{trace}]]></d></e>"), true),
        ("<e><code>x</code><d>&#47;srv&#47;app&#47;main.conf</d></e>".to_owned(), true),
    ] {
        let found = world.judge(xml(500, &body));
        assert_eq!(found.iter().any(|found| found == "violation leaks"), leaks, "{body}: {found:?}");
    }
}

#[test]
fn another_encoding_is_not_judged() {
    let world = World::new(STORE, "triggers: no_key");
    let mut response = xml(404, "").response();
    response.body =
        b"<?xml version='1.0' encoding='ISO-8859-1'?><Error><Code>\xe9</Code></Error>".to_vec().into();
    let reason = unread_stream(&response, world.contract(), &world.contract().failures[0]);
    assert_eq!(
        reason.as_deref(),
        Some("one of which the body is XML in ISO-8859-1, which failspec does not read")
    );
}

#[test]
fn snapshots_mask_and_compare_members() {
    let world = World::new(
        &format!("{STORE}\n  - {{ id: v, status: 400, code: V, summary: x, varies: [/Error/HostId] }}"),
        "triggers: no_key",
    );
    let none = Mask::new();
    let masked = Mask::new();
    masked.add(&Secret::new("other-secret&1", "role user"));
    let shown_with = |mask: &Mask, failure: usize, body: &str| {
        let response = store(body).response();
        let failure = &world.contract().failures[failure];
        picture(NormalizedResponse {
            item: None,
            response: &response,
            failure,
            own_values: &["failspec-abc-1".to_owned()],
            mask,
        })
    };
    let shown = |failure: usize, body: &str| shown_with(&none, failure, body);
    let one = shown(
        0,
        "<Error b='2' a='1'><Code>NoSuchKey</Code><Message>m</Message><RequestId>R1</RequestId><Key>failspec-abc-1</Key></Error>",
    );
    let other = shown(
        0,
        "<?xml version='1.0'?>\n<Error a=\"1\" b=\"2\">\n  <Code>NoSuchKey</Code>\n  <Message>other</Message>\n  <RequestId>R2</RequestId>\n  <Key>failspec-abc-1</Key></Error>",
    );
    assert_eq!(one, other);
    assert!(
        one.contains("\"Message\": \"[message]\"") && one.contains("\"RequestId\": \"[request-id]\""),
        "{one}"
    );
    assert!(one.contains("\"Key\": \"[unique]\"") && one.contains("[XML, its elements as members]"), "{one}");
    let varies = shown(2, "<Error><Code>V</Code><HostId>h1</HostId></Error>");
    assert!(varies.contains("\"HostId\": \"[HostId]\""), "{varies}");
    // With secrets the value is masked in another way, and a secret is one also where XML escapes it.
    let secret = "<Error><Code>NoSuchKey</Code><Message>m</Message><RequestId>R</RequestId><Key a='other-secret&#38;1'>other-secret&amp;1</Key></Error>";
    let text = shown_with(&masked, 0, secret);
    assert!(
        text.contains("[message]") && text.contains("[request-id]") && !text.contains("other-secret"),
        "{text}"
    );
    assert_ne!(shown(0, "<Error><Code>A</Code></Error>"), shown(0, "<Error><Code>B</Code></Error>"));
}
