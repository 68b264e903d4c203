use serde_json::json;

use super::*;

fn parse(line: &str) -> CurlRequest {
    CurlRequest::parse(line).unwrap_or_else(|error| panic!("{line}: {error}"))
}

/// The request in one line: method, path, query, headers, body, and what is not in it.
fn shown(line: &str) -> String {
    let request = parse(line);
    let mut text = format!("{} {}", request.method, request.path);
    for (name, value) in &request.query {
        text += &format!(" ?{name}={value}");
    }
    for (name, value) in &request.headers {
        text += &format!(" [{name}: {}]", value.as_deref().unwrap_or("null"));
    }
    match &request.body {
        Some(CurlBody::Json(value)) => text += &format!(" json {value}"),
        Some(CurlBody::Form(fields)) => text += &format!(" form {fields:?}"),
        Some(CurlBody::Text(body)) => text += &format!(" text {body:?}"),
        None => {}
    }
    if request.credentials {
        text += " as role";
    }
    text
}

const FORM_HEADER: &str = "[Content-Type: application/x-www-form-urlencoded]";

#[test]
fn parse_takes_the_request_that_curl_sends() {
    let text = |body: &str| format!("POST /x {FORM_HEADER} text {body:?}");
    let table: &[(&str, &str)] = &[
        ("curl localhost:8080/x", "GET /x"),
        ("$ curl -sS --url=http://h/x#part", "GET /x"),
        ("/usr/bin/curl http://h", "GET /"),
        ("curl 'http://h/x?a=1&a=2&b=c%20d+e'", "GET /x ?a=1 ?a=2 ?b=c d e"),
        ("curl -XDELETE http://h/x", "DELETE /x"),
        ("curl -sSkX PUT http://h/x -d a=1", "PUT /x form [(\"a\", \"1\")]"),
        ("curl -I http://h/x", "HEAD /x"),
        // Bodies, with the content type that curl sends.
        ("curl h/x -da=1 -d b=2%203", "POST /x form [(\"a\", \"1\"), (\"b\", \"2 3\")]"),
        ("curl h/x -d a=1 -d a=2", &text("a=1&a=2")),
        ("curl h/x -d hello", &text("hello")),
        ("curl h/x -d '{\"a\":1}'", &text("{\"a\":1}")),
        ("curl h/x --json '{\"a\":1}'", "POST /x [Accept: application/json] json {\"a\":1}"),
        ("curl h/x --json '{\"a\":' --json '1}'", "POST /x [Accept: application/json] json {\"a\":1}"),
        ("curl h/x -H 'content-type: application/json' -d '[1]'", "POST /x json [1]"),
        (
            "curl h/x -H 'Content-Type: application/merge-patch+json; charset=utf-8' -X PATCH -d '{}'",
            "PATCH /x [Content-Type: application/merge-patch+json; charset=utf-8] json {}",
        ),
        (
            "curl h/x -H 'Content-Type: application/json' -d '{'",
            "POST /x [Content-Type: application/json] text \"{\"",
        ),
        ("curl h/x -H 'Content-Type: text/csv' -d 'a;b'", "POST /x [Content-Type: text/csv] text \"a;b\""),
        ("curl h/x -H 'Content-Type:' -d 'a;b'", "POST /x text \"a;b\""),
        ("curl h/x --data-raw @a", &text("@a")),
        ("curl h/x --data-urlencode 'q=a b' --data-urlencode '=c&d'", &text("q=a+b&c%26d")),
        ("curl -G h/x -d a=1 --data-urlencode 'b=c&d' --url-query e=f", "GET /x ?e=f ?a=1 ?b=c&d"),
        // Headers.
        ("curl h/x -H 'Accept:' -H 'X-A;' -H 'X-B: 1: 2'", "GET /x [Accept: null] [X-A: ] [X-B: 1: 2]"),
        (
            "curl h/x -A me -e http://r -r 0-1",
            "GET /x [User-Agent: me] [Referer: http://r] [Range: bytes=0-1]",
        ),
        // Credentials are never in the scenario.
        ("curl h/x -H 'Authorization: Bearer abc'", "GET /x as role"),
        ("curl h/x -H 'X-Auth-Token: abc'", "GET /x as role"),
        ("curl -uuser:word h/x", "GET /x as role"),
        ("curl -b 'session=1' http://user:word@h/x", "GET /x as role"),
        ("curl 'h/x?api_key=abc&a=1'", "GET /x ?a=1 as role"),
        ("curl -E cert.pem --key key.pem h/x", "GET /x as role"),
        // Values of options are no URLs.
        ("curl -o out -m 5 --retry-delay 2 -w '%{http_code}' h/x", "GET /x"),
    ];
    for (line, request) in table {
        assert_eq!(shown(line), *request, "{line}");
    }
}

#[test]
fn parse_takes_what_browsers_copy() {
    let line = "curl 'https://api.example.com/v1/things?page=2' \\\n  -X POST \\\n  -H 'Authorization: Bearer abc' \\\n  \
                -H 'content-type: application/json' -H ':authority: api.example.com' \\\r\n  \
                --data-raw $'{\"name\":\"it\\'s\\u0021\"}' --compressed";
    let request = parse(line);
    assert_eq!(request.body, Some(CurlBody::Json(json!({ "name": "it's!" }))));
    assert_eq!(
        request.notices,
        [
            CurlNotice::Credentials("the header Authorization".to_owned()),
            CurlNotice::Header(":authority".to_owned())
        ]
    );
}

#[test]
fn parse_names_what_is_not_in_the_scenario() {
    let notices = |line: &str| parse(line).notices.iter().map(ToString::to_string).collect::<Vec<_>>();
    for (line, notice) in [
        ("curl -L h/x", "-L has no equivalent"),
        ("curl --path-as-is h/x", "--path-as-is has no equivalent"),
        ("curl --request-target /y h/x", "--request-target has no equivalent"),
        ("curl --retry 3 h/x", "--retry has no equivalent"),
        ("curl h/x -H 'Host: other'", "the header Host is left out"),
        ("curl h/x -H 'Content-Length: 7'", "the header Content-Length is left out"),
        ("curl \"h/x/$ID\"", "$ID is a text in the scenario"),
        ("curl h/x | jq .", "`| jq .` is left out"),
        ("curl h/x\ncurl h/y", "`curl h/y` is left out"),
        ("curl h/x -d '{\"a\":1}'", "the body looks like JSON, but curl sends it as application/x-www"),
        ("curl h/x -H 'Content-Type: application/json' -d '{'", "called JSON but is not"),
        ("curl 'h/x?flag'", "the query parameter flag gets an empty value"),
        ("curl --digest h/x", "the credentials of --digest are left out"),
    ] {
        let notices = notices(line);
        assert!(notices.len() == 1 && notices[0].contains(notice), "{line}: {notices:?}");
    }
    // Output, connection and TLS do not change the request.
    for line in
        ["curl -sSkfv -o x --http3 --max-time 5 -x proxy:1 --no-progress-meter h/x", "curl h/x # later"]
    {
        assert_eq!(notices(line), [""; 0], "{line}");
    }
}

#[test]
fn parse_refuses_what_is_not_one_http_request() {
    let own = |text: &str| text.to_owned();
    let table: &[(&str, CurlError)] = &[
        ("", CurlError::NotCurl(own(""))),
        ("fifo", CurlError::NotCurl(own("fifo"))),
        ("http://h/x", CurlError::NotCurl(own("http://h/x"))),
        ("wget http://h", CurlError::NotCurl(own("wget"))),
        ("curl 'http://h", CurlError::Shell(ShellError::Quote)),
        ("curl ^\"http://h^\"", CurlError::Shell(ShellError::CommandPrompt)),
        ("curl -X", CurlError::Value(own("-X"))),
        ("curl -s", CurlError::Url),
        ("curl ftp://h/x", CurlError::NotHttp(own("ftp://h/x"))),
        ("curl file:///etc/passwd", CurlError::NotHttp(own("file:///etc/passwd"))),
        ("curl h/x h/y", CurlError::Several(own("h/y"))),
        ("curl h/x --next h/y", CurlError::Several(own("--next"))),
        ("curl h/x -d @body.json", CurlError::File(own("-d"), own("body.json"))),
        ("curl h/x --data-binary @-", CurlError::File(own("--data-binary"), own("-"))),
        ("curl h/x --json @b", CurlError::File(own("--json"), own("b"))),
        ("curl h/x --data-urlencode a@b", CurlError::File(own("--data-urlencode"), own("b"))),
        ("curl h/x -H @headers", CurlError::File(own("-H"), own("headers"))),
        ("curl h/x -T file", CurlError::File(own("-T"), own("file"))),
        ("curl h/x -K more", CurlError::File(own("-K"), own("more"))),
        ("curl h/x -F a=b", CurlError::Multipart(own("-F"))),
        ("curl h/x --form-string a=b", CurlError::Multipart(own("--form-string"))),
        ("curl h/x --mail-from a", CurlError::Unknown(own("--mail-from"))),
        ("curl h/x -H nothing", CurlError::Header(own("nothing"))),
    ];
    for (line, error) in table {
        assert_eq!(CurlRequest::parse(line).as_ref(), Err(error), "{line}");
    }
}
