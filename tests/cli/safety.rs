//! Secrets and hostile responses.

use std::{fs, path::Path};

use crate::support::{
    Received, Reply, Server, TINY_CONTRACT, TINY_SCENARIOS, done, failspec, pack_with, tiny, tiny_failure,
    tiny_pack, tiny_server,
};
use base64::Engine as _;

const TOKEN: &str = "tok/en+of=the tests&0815";

const AS_USER: &str = "\
contract: tiny
scenarios:
  read_a_missing_thing:
    triggers: not_found
    as: user
    request: GET /things/none
    control: { request: GET /things/one }
";

/// Returns the contents of all files in a folder that a run may have written.
fn texts(folder: &Path) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.push_str(&texts(&path));
        } else {
            all.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
    }
    all
}

/// Returns every encoding in which a token must not be visible.
fn forms(token: &str) -> Vec<String> {
    let percent: String =
        percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC).collect();
    let engine = base64::engine::general_purpose::STANDARD;
    vec![
        token.to_owned(),
        percent,
        url::form_urlencoded::byte_serialize(token.as_bytes()).collect(),
        engine.encode(token),
        base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(token),
        engine.encode(format!("Bearer {token}")),
        engine.encode(format!("joe:{token}")),
        serde_json::Value::from(token).to_string().trim_matches('"').to_owned(),
    ]
}

fn echo(request: &Received) -> Reply {
    if request.path == "/things/one" {
        return Reply::json(200, "{}");
    }
    let sent = request.header("authorization").or(request.header("x-key")).unwrap_or_default().to_owned();
    let token = sent.trim_start_matches("Bearer ");
    let all = forms(token).join(" ");
    let body = serde_json::json!({
        // The wrong type of the code makes the check quote it.
        "error": [sent], "message": format!("{sent} is no good: {all}"), "requestId": token, token: token,
    });
    Reply::json(418, body.to_string()).with("X-Echo", &sent).with("Retry-After", token)
}

/// A response as documented that repeats the token in its message becomes a pending approved response.
#[test]
fn echoed_token_is_masked_in_a_pending_response() {
    let folder = pack_with(TINY_CONTRACT, AS_USER);
    let server = Server::start(|request| {
        let sent = request.header("Authorization").unwrap_or_default().to_owned();
        match request.path.as_str() {
            "/things/none" => tiny_failure(404, "not_found", request).with("X-Echo", &sent),
            _ => crate::support::tiny(request),
        }
    });
    let config =
        format!("default_target = \"t\"\n[target.t]\nurl = \"{}\"\nsnapshots = \"approved\"\n", server.url);
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    let options = ["run", "--packs", ".", "--role", "user=bearer:env:TINY", "--report", "json=r.json"];
    let done = done(failspec(folder.path()).env("TINY", TOKEN).args(options)).exits(0);
    let written = format!("{}{}", done.all(), texts(folder.path()));
    assert!(written.contains("approved/tiny/not_found"), "a pending response was to be written: {written}");
    for form in forms(TOKEN) {
        assert!(!written.contains(&form), "{form} is in\n{written}");
    }
}

#[test]
fn echoed_token_is_masked_everywhere() {
    for (kind, value) in [
        ("bearer:env:TINY", TOKEN.to_owned()),
        ("header:X-Key:env:TINY", TOKEN.to_owned()),
        ("basic:env:TINY", format!("joe:{TOKEN}")),
    ] {
        let folder = pack_with(TINY_CONTRACT, AS_USER);
        let server = Server::start(echo);
        fs::write(
            folder.path().join("failspec.toml"),
            format!(
                "default_target = \"t\"\n[target.t]\nurl = \"{}\"\nsnapshots = \"approved\"\n",
                server.url
            ),
        )
        .unwrap();
        let role = format!("user={kind}");
        let options = ["run", "--packs", ".", "-v", "--role", &role, "--report", "json=r.json"];
        let done = done(failspec(folder.path()).env("TINY", value).args(options)).exits(1);
        let written = format!("{}{}", done.all(), texts(folder.path()));
        assert!(written.contains("[secret: role user]"), "{written}");
        for form in forms(TOKEN) {
            assert!(!written.contains(&form), "{kind}: {form} is in\n{written}");
        }
    }
}

#[test]
fn a_captured_secret_is_masked_where_it_came_from_and_where_it_comes_back() {
    let scenarios = "\
contract: tiny
scenarios:
  read_a_missing_thing:
    triggers: not_found
    setup:
      - request: POST /sessions
        capture: { token: { body: /token, secret: true } }
    request: GET /things/none
    headers: { X-Session: \"${token}\" }
    no_control: it is about secrets
";
    let folder = pack_with(TINY_CONTRACT, scenarios);
    let server = Server::start(|request| match request.path.as_str() {
        "/sessions" => Reply::json(201, r#"{"token":"session-secret-4711"}"#),
        _ => {
            let session = request.header("x-session").unwrap_or_default();
            let body = format!(r#"{{"error":"not_found","message":"not for {session}","requestId":"r-1"}}"#);
            Reply::json(410, &body)
        }
    });
    let options = ["run", "--packs", ".", "--url", &server.url, "-v", "--report", "json=r.json"];
    let done = done(failspec(folder.path()).args(options)).exits(1);
    assert_eq!(server.received()[1].header("x-session"), Some("session-secret-4711"));
    let written = format!("{}{}", done.all(), texts(folder.path()));
    assert!(!written.contains("session-secret-4711"), "{written}");
    assert!(written.contains("[secret:"), "{written}");
}

#[test]
fn a_secret_is_masked_in_a_diagnosis() {
    let folder = pack_with(TINY_CONTRACT, AS_USER);
    let server = Server::start(|request| {
        let sent = request.header("authorization").unwrap_or_default().to_owned();
        Reply::html(302, "").with("Location", &format!("/login?was={sent}"))
    });
    let options = ["run", "--packs", ".", "--url", &server.url, "--role", "user=bearer:env:TINY"];
    let done = done(
        failspec(folder.path())
            .env("TINY", "token-in-a-redirect")
            .args(options)
            .args(["--report", "json=r.json"]),
    )
    .exits(3)
    .says("login");
    let written = format!("{}{}", done.all(), texts(folder.path()));
    assert!(!written.contains("token-in-a-redirect"), "{written}");
}

#[test]
fn condition_value_from_the_environment_is_masked_everywhere() {
    let scenarios = "\
contract: tiny
scenarios:
  read_a_missing_thing:
    triggers: not_found
    request: GET /things/none
    condition: broken
    control: { request: GET /things/one }
";
    let folder = pack_with(TINY_CONTRACT, scenarios);
    let server = Server::start(|request| match request.path.as_str() {
        "/things/one" => Reply::json(200, "{}"),
        "/things/none" => Reply::json(410, format!("{:?}", request.header("x-break"))),
        _ => tiny_failure(500, "no", request),
    });
    for condition in [
        "headers = { X-Break = \"${env:TINY}\" }",
        "begin = { request = \"PUT /break?key=${env:TINY}\" }\nend = { request = \"DELETE /break?key=${env:TINY}\" }",
    ] {
        let url = &server.url;
        let config = format!(
            "default_target = \"t\"\n[target.t]\nurl = \"{url}\"\n[target.t.conditions.broken]\n{condition}\n"
        );
        fs::write(folder.path().join("failspec.toml"), config).unwrap();
        let options = ["run", "--packs", ".", "-v", "--report", "json=r.json"];
        let done = done(failspec(folder.path()).env("TINY", "key-of-a-condition").args(options));
        assert!(matches!(done.code, 1 | 3), "{}", done.all());
        let written = format!("{}{}", done.all(), texts(folder.path()));
        assert!(!written.contains("key-of-a-condition"), "{written}");
        assert!(written.contains("[secret: env:TINY]") || written.contains("${env:TINY}"), "{written}");
    }
}

/// A value that is too short to be searched for is masked by its position: headers of a condition for our requests only.
#[test]
fn security_short_value_of_a_condition_is_masked_by_position() {
    let scenarios = "\
contract: tiny
scenarios:
  read_a_missing_thing:
    triggers: not_found
    request: GET /things/none
    condition: broken
    control: { request: GET /things/one }
";
    let folder = pack_with(TINY_CONTRACT, scenarios);
    let server = Server::start(|request| match request.path.as_str() {
        "/things/one" => Reply::json(200, "{}"),
        _ => tiny_failure(410, "not_found", request),
    });
    let config = format!(
        "default_target = \"t\"\n[target.t]\nurl = \"{}\"\n[target.t.conditions.broken]\n\
         headers = {{ X-Break = \"on ${{env:TINY}} of ${{env:TINY}}!\", X-Plain = \"shown\" }}\n",
        server.url
    );
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    let options = ["run", "--packs", ".", "-v", "--report", "json=r.json"];
    let done = done(failspec(folder.path()).env("TINY", "pin7").args(options)).exits(1);
    let sent = server.received();
    assert!(sent.iter().any(|request| request.header("x-break") == Some("on pin7 of pin7!")));
    let report = fs::read_to_string(folder.path().join("r.json")).unwrap();
    assert!(report.contains("shown") && !format!("{}{report}", done.all()).contains("pin7"), "{report}");
}

/// Runs a scenario with a role that logs in by `step`, against a server that includes the login secret in each
/// response and, if `refuses`, rejects the login. Returns everything that was written.
fn written_of_a_login(step: &str, secret: &str, refuses: bool) -> String {
    let folder = pack_with(TINY_CONTRACT, AS_USER);
    let server = Server::start(move |request| {
        let secret = "p@ss word/of+the=login";
        match request.path.as_str() {
            "/things/one" => Reply::json(200, "{}"),
            "/things/none" => {
                let body = serde_json::json!({ "error": secret, "message": forms(secret).join(" ") });
                Reply::json(410, body.to_string()).with("X-Echo", secret)
            }
            _ if refuses => Reply::json(401, serde_json::json!({ "error": secret }).to_string()),
            _ => Reply::json(200, r#"{"token":"token-of-the-login"}"#),
        }
    });
    let url = &server.url;
    let config = format!(
        "default_target = \"t\"\n[target.t]\nurl = \"{url}\"\n[target.t.roles.user.login]\n\
         header = \"Authorization: Bearer ${{token}}\"\n\
         steps = [{{ {step}, capture = {{ token = \"/token\" }} }}]\n"
    );
    fs::write(folder.path().join("failspec.toml"), config).unwrap();
    let options = ["run", "--packs", ".", "-v", "--report-bodies", "all"];
    let reports = ["json=r.json", "junit=r.xml", "html=r.html", "markdown=r.md"];
    let reports = reports.iter().flat_map(|report| ["--report", report]);
    let done = done(failspec(folder.path()).env("TINY", secret).args(options).args(reports))
        .exits(if refuses { 3 } else { 1 });
    assert!(server.received().iter().any(|request| request.path.starts_with("/login")), "{}", done.all());
    format!("{}{}", done.all(), texts(folder.path()))
}

#[test]
fn login_value_from_the_environment_is_masked_everywhere() {
    for step in [
        "request = \"POST /login\", json = { user = \"joe\", request = \"${env:TINY}\" }",
        "request = \"POST /login\", form = { user = \"${env:TINY}\" }",
        "request = \"POST /login\", headers = { X-Key = \"Key ${env:TINY}\" }",
        "request = \"GET /login?key=${env:TINY}\"",
    ] {
        let secret = match step.contains("GET") {
            // A path must be written percent-encoded.
            true => "p@ss word/of+the=login".replace(' ', "%20"),
            false => "p@ss word/of+the=login".to_owned(),
        };
        for refuses in [true, false] {
            let written = written_of_a_login(step, &secret, refuses);
            for form in forms(&secret) {
                assert!(!written.contains(&form), "{step}: {form} is in\n{written}");
            }
        }
    }
}

#[test]
fn login_url_is_shown_as_written() {
    // Too short to be masked in a text.
    let written = written_of_a_login("request = \"GET /login/${env:TINY}?a\"", "Zq9x7", true);
    assert!(!written.contains("Zq9x7"), "{written}");
    assert!(written.contains("GET /login/${env:TINY}?a got"), "{written}");
}

/// Asserts that there are no characters that control a terminal, except line breaks and tabs.
#[track_caller]
fn is_harmless(text: &str) {
    let obeyed = |character: &char| {
        (character.is_control() && !matches!(character, '\n' | '\t'))
            || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if let Some(found) = text.chars().find(obeyed) {
        let at = text.find(found).unwrap();
        let from = text.floor_char_boundary(at.saturating_sub(60));
        let to = text.ceil_char_boundary((at + 60).min(text.len()));
        panic!("{found:?} in {:?}", &text[from..to]);
    }
}

#[test]
fn nothing_that_a_server_sends_reaches_the_terminal_raw() {
    const EVIL: &str = "\u{1b}[31m\u{1b}]0;owned\u{7}\r\u{9b}2J\u{202e}\u{2066}\u{7f}\0";
    let escaped: String = EVIL
        .chars()
        .map(
            |character| {
                if character < ' ' { format!("\\u{:04x}", character as u32) } else { character.into() }
            },
        )
        .collect();
    let failure = |status, code: &str, id: &str| {
        Reply::json(status, format!(r#"{{"error":"{code}","message":"{code}","requestId":"{id}","{id}":1}}"#))
    };
    type Echo = Box<dyn Fn(&str) -> Reply + Send + Sync>;
    let bodies: Vec<Echo> = vec![
        Box::new(move |evil| failure(404, evil, evil)),
        Box::new(move |evil| failure(404, "not_found", evil)),
        Box::new(move |evil| failure(410, "not_found", evil)),
        Box::new(move |_| Reply::json(404, EVIL)),
        Box::new(move |_| Reply::html(404, EVIL)),
        Box::new(move |_| Reply::new(404, "text/\u{1b}[31mhtml", "x")),
        Box::new(move |_| Reply::html(302, "").with("Location", "https://\u{202e}evil/login\u{9b}31m")),
        Box::new(move |_| Reply::json(404, "{}").with("Retry-After", "\u{9b}31m\u{1b}[0m")),
    ];
    for (number, body) in bodies.into_iter().enumerate() {
        for good_control in [true, false] {
            let folder = tiny_pack();
            let fixed = body(&escaped);
            let server = Server::start(move |request| {
                if good_control && request.path == "/things/one" {
                    return Reply::json(200, "{}");
                }
                fixed.clone()
            });
            let done =
                done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url, "-v"]));
            assert!(matches!(done.code, 0 | 1 | 3), "{number} {good_control} {}", done.all());
            is_harmless(&done.all());
        }
    }
}

#[test]
fn huge_response_is_truncated_in_the_output() {
    let large = "A".repeat(5 << 20);
    let folder = tiny_pack();
    for place in ["message", "error", "requestId"] {
        let large = large.clone();
        let server = Server::start(move |request| {
            if request.path == "/things/one" {
                return tiny(request);
            }
            let mut body = serde_json::json!({"error": "not_found", "message": "m", "requestId": "r"});
            body[place] = large.clone().into();
            Reply::json(410, body.to_string())
        });
        let options = ["run", "--packs", ".", "--url", &server.url, "-v", "--report", "json=r.json"];
        let done = done(failspec(folder.path()).args(options));
        assert!(matches!(done.code, 1 | 3), "{place} {}", done.code);
        assert!(done.all().len() < 20_000, "{place}: {} bytes", done.all().len());
        let report = fs::metadata(folder.path().join("r.json")).unwrap().len();
        assert!(report < 1 << 20, "{place}: a report of {report} bytes");
    }
}

#[test]
fn endless_response_is_cut_off() {
    let folder = tiny_pack();
    // 64 MiB, announced and sent: more than any limit.
    let server = Server::start(|request| match request.path.as_str() {
        "/things/one" => tiny(request),
        _ => Reply::json(404, " ".repeat(64 << 20)),
    });
    done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url])).exits(3);
}

#[test]
fn pack_cannot_read_the_environment() {
    let scenarios = TINY_SCENARIOS.replace("/things/none", "/things/${env:PATH}");
    let folder = pack_with(TINY_CONTRACT, &scenarios);
    let server = tiny_server();
    done(failspec(folder.path()).args(["run", "--packs", ".", "--url", &server.url])).exits(2);
    assert_eq!(server.connections(), 0);
}
