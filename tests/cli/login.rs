//! Roles that log in: once, shared, again after expiry, and without secrets in any output.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use failspec_base::syntax::Source;
use failspec_engine::{Plan, RunOptions, Selectors, interrupt, run};
use failspec_judge::report_model::{Rerun, RunReport, Verdict};
use failspec_pack::{
    pack::{Files, Pack},
    target_config::Config,
};

use crate::support::{Received, Reply, Server, done, failspec, pack_with};

const CONTRACT: &str = r#"
contract: shop
as_of: 2026-11-20
success: { status: 2xx }
envelope: { media_type: application/json, code: /error, message: /message }
requires: { roles: { clerk: may look things up } }
failures:
  - { id: not_found, status: 404, code: not_found, summary: There is no such thing }
"#;

const SCENARIOS: &str = r#"
contract: shop
scenarios:
  look_up_nothing:
    triggers: not_found
    as: clerk
    each: { a: { name: a }, b: { name: b }, c: { name: c }, d: { name: d }, e: { name: e } }
    request: GET /things/${name}
    control: { request: GET /things }
"#;

/// The behaviour of the server, and the requests that it got.
#[derive(Default)]
struct Shop {
    logins: AtomicU64,
    refuses: bool,
    /// Lifetime of a token, in seconds.
    lifetime: u64,
    /// Number of requests after which a token is no longer accepted, without notice; 0 if it always is.
    uses: u64,
    /// Number of requests with a token.
    asked: AtomicU64,
    /// True if no token is accepted after the first request.
    forgets: bool,
}

fn response(shop: &Shop, request: &Received) -> Reply {
    let error =
        |status: u16, code: &str| Reply::json(status, format!(r#"{{"error":"{code}","message":"{code}"}}"#));
    if request.path == "/token" {
        return token(shop, request);
    }
    if request.path == "/login" {
        if shop.refuses || !request.body.starts_with(b"user=joe&password=p%40ss-word-1234") {
            return error(401, "bad_credentials");
        }
        let number = shop.logins.fetch_add(1, Ordering::SeqCst) + 1;
        let lifetime = shop.lifetime;
        return Reply::json(
            200,
            format!(r#"{{"token":"token-of-login-{number:04}","expires_in":{lifetime}}}"#),
        );
    }
    let bearer = request.header("authorization").unwrap_or_default();
    if !bearer.starts_with("Bearer token-of-login-") {
        return error(401, "unauthorized");
    }
    let asked = shop.asked.fetch_add(1, Ordering::SeqCst) + 1;
    let number: u64 = bearer.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or_default();
    let is_over = shop.uses > 0 && asked > number * shop.uses;
    if is_over || (shop.forgets && asked > 1) {
        return error(401, "unauthorized");
    }
    if request.path == "/things" {
        // A server that returns the credential is the worst case for a secret.
        return Reply::json(200, format!(r#"{{"you":"{bearer}"}}"#));
    }
    error(404, "not_found")
}

/// The login of the role by a form.
const LOGIN: &str = r#"
[target.shop.roles.clerk.login]
steps = [ { request = "POST /login", form = { user = "joe", password = "p@ss-word-1234" }, capture = { token = "/token" } } ]
header = "Authorization: Bearer ${token}"
expires_in = "/expires_in"
"#;

async fn judge(shop: Shop) -> (RunReport, Arc<Shop>) {
    judge_with(shop, LOGIN).await
}

async fn judge_with(shop: Shop, role: &str) -> (RunReport, Arc<Shop>) {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [("schemas/shop/contract.yaml", CONTRACT), ("scenarios/shop/shop.yaml", SCENARIOS)] {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let shop = Arc::new(shop);
    let script = Arc::clone(&shop);
    let server = Server::start(move |request| response(&script, request));
    let config = format!("default_target = \"shop\"\n[target.shop]\nurl = \"{}\"\n{role}", server.url);
    let config = Config::read(&Source::new("failspec.toml", config), None, Path::new(".")).unwrap();
    let pack = Arc::new(Pack::load(&Files::Directory(folder.path().to_owned()), "shop").unwrap());
    let plan = Plan::new(pack, Arc::new(config.target), &Selectors::default(), 0);
    let (_interrupter, interrupt) = interrupt();
    let options = RunOptions { jobs: Some(1), ..RunOptions::default() };
    let report = run(vec![plan], options, interrupt, Arc::new(|_| {})).await;
    (report.unwrap(), shop)
}

#[tokio::test(flavor = "multi_thread")]
async fn login_is_shared_by_all_scenarios_and_its_token_is_masked() {
    let (report, shop) = judge(Shop { lifetime: 3600, ..Shop::default() }).await;
    assert_eq!(report.verdict, Verdict::Conforms);
    assert_eq!(shop.logins.load(Ordering::SeqCst), 1);
    let text = serde_json::to_string(&report).unwrap();
    assert!(!text.contains("token-of-login"), "the token stands in the report");
    assert!(text.contains("[secret: role clerk]"));
}

#[tokio::test(flavor = "multi_thread")]
async fn login_is_renewed_after_expiry() {
    // A token with a lifetime of zero has expired before each request.
    let (report, shop) = judge(Shop { lifetime: 0, ..Shop::default() }).await;
    assert_eq!(report.verdict, Verdict::Conforms);
    assert!(shop.logins.load(Ordering::SeqCst) >= 6, "one login for each of the requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_login_is_one_diagnosis_and_not_a_skip() {
    let (report, _) = judge(Shop { refuses: true, ..Shop::default() }).await;
    assert_eq!(report.verdict, Verdict::Inconclusive);
    let diagnosis = report.diagnosis.unwrap();
    assert!(diagnosis.contains("the role clerk cannot log in"), "{diagnosis}");
    assert!(diagnosis.contains("HTTP 401"), "{diagnosis}");
    assert_eq!(report.summary.skipped, 0);
    assert_eq!(report.summary.inconclusive, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn login_that_is_no_longer_accepted_is_done_again_and_the_report_says_so() {
    let (report, shop) = judge(Shop { lifetime: 3600, uses: 4, ..Shop::default() }).await;
    assert_eq!(report.verdict, Verdict::Conforms);
    assert!((2..=4).contains(&shop.logins.load(Ordering::SeqCst)));
    let renewed = report.cases.iter().filter(|case| case.rerun == Some(Rerun::LoginRenewed)).count();
    assert!((1..=3).contains(&renewed), "{renewed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn login_is_not_repeated_in_vain() {
    // The server accepts no token any more: that is not a matter of the login.
    let (report, shop) = judge(Shop { lifetime: 3600, forgets: true, ..Shop::default() }).await;
    assert_ne!(report.verdict, Verdict::Conforms);
    assert_eq!(shop.logins.load(Ordering::SeqCst), 2);
}

/// The token endpoint of RFC 6749, for the client `shop:1` with the secret `p@ss word`.
fn token(shop: &Shop, request: &Received) -> Reply {
    let form = String::from_utf8_lossy(&request.body);
    let by_form = "&client_id=shop%3A1&client_secret=p%40ss+word";
    // Base64 of `shop%3A1:p%40ss+word`.
    let is_known = match request.header("authorization") {
        Some(header) => header == "Basic c2hvcCUzQTE6cCU0MHNzK3dvcmQ=" && !form.contains("client_id"),
        None => form.ends_with(by_form),
    };
    let form = form.replace(by_form, "");
    if shop.refuses || !is_known || form != "grant_type=client_credentials&scope=read+write&audience=shop" {
        return Reply::json(401, r#"{"error":"invalid_client"}"#);
    }
    let number = shop.logins.fetch_add(1, Ordering::SeqCst) + 1;
    let lifetime = shop.lifetime;
    let token = format!(
        r#"{{"access_token":"token-of-login-{number:04}","token_type":"Bearer","expires_in":{lifetime}}}"#
    );
    Reply::json(200, token)
}

/// A role that logs in with client credentials.
fn oauth(more: &str) -> String {
    format!(
        r#"
[target.shop.roles.clerk.oauth]
token_url = "/token"
client_id = "shop:1"
client_secret = "p@ss word"
scope = "read write"
parameters = {{ audience = "shop" }}
{more}
"#
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn oauth_gets_a_token_by_client_credentials_and_renews_it() {
    for authentication in ["", "client_authentication = \"basic\"", "client_authentication = \"body\""] {
        let (report, shop) =
            judge_with(Shop { lifetime: 3600, ..Shop::default() }, &oauth(authentication)).await;
        assert_eq!(report.verdict, Verdict::Conforms, "{authentication}");
        assert_eq!(shop.logins.load(Ordering::SeqCst), 1, "{authentication}");
        let text = serde_json::to_string(&report).unwrap();
        assert!(!text.contains("token-of-login") && !text.contains("p@ss"), "a secret stands in the report");
    }
    let (report, shop) = judge_with(Shop { lifetime: 0, ..Shop::default() }, &oauth("")).await;
    assert_eq!(report.verdict, Verdict::Conforms);
    assert!(shop.logins.load(Ordering::SeqCst) >= 6, "an expired token is renewed before each request");
    let (report, shop) = judge_with(Shop { lifetime: 3600, uses: 4, ..Shop::default() }, &oauth("")).await;
    assert_eq!(report.verdict, Verdict::Conforms);
    assert!((2..=4).contains(&shop.logins.load(Ordering::SeqCst)), "a refused token is renewed");
    let (report, _) = judge_with(Shop { refuses: true, ..Shop::default() }, &oauth("")).await;
    assert_eq!(report.verdict, Verdict::Inconclusive);
    assert!(report.diagnosis.unwrap().contains("the role clerk cannot log in"));
}

#[test]
fn oauth_with_wrong_keys_is_refused() {
    for (line, expected) in [
        ("client_authentication = \"header\"", "client_authentication"),
        ("parameters = { scope = \"x\" }", "has a key of its own, or is sent already"),
        ("parameters = { grant_type = \"password\" }", "has a key of its own, or is sent already"),
        ("client_secret = \"\"", "this is empty"),
        ("secret = \"x\"", "client_secret"),
    ] {
        let rest = "token_url = \"/token\"\nclient_id = \"a\"\nscope = \"x\"\n";
        let secret = if line.contains("secret") { "" } else { "client_secret = \"b\"\n" };
        let config = format!(
            "default_target = \"shop\"\n[target.shop]\nurl = \"http://127.0.0.1:1\"\n[target.shop.roles.clerk.oauth]\n{rest}{secret}{line}\n"
        );
        let error = Config::read(&Source::new("failspec.toml", config), None, Path::new(".")).unwrap_err();
        let text = error.render(false);
        assert!(text.contains(expected), "{line}: {text}");
    }
}

/// A login by a form: it sets two cookies, of which only the session counts, and redirects to the first page.
fn form_login() -> Server {
    Server::start(|request: &Received| match request.line().as_str() {
        "POST /login" => Reply::new(303, "text/html", "")
            .with("Location", "/")
            .add("Set-Cookie", "csrf=abcdef0123456789; Path=/; SameSite=Lax")
            .add("Set-Cookie", "session=s3ss10n-of-user; Path=/; HttpOnly"),
        line => match (request.header("cookie"), line) {
            (Some(cookies), "GET /things") if cookies.contains("session=s3ss10n-of-user") => {
                Reply::json(200, "{}")
            }
            (Some(cookies), _) if cookies.contains("session=s3ss10n-of-user") => {
                Reply::json(404, r#"{"error":"not_found","message":"not found"}"#)
            }
            _ => Reply::json(401, r#"{"error":"unauthorized","message":"log in"}"#),
        },
    })
}

#[test]
fn session_is_one_of_several_cookies_of_a_login() {
    let run = |capture: &str, header: &str| {
        let server = form_login();
        let folder = pack_with(&CONTRACT.replace("shop", "tiny"), &SCENARIOS.replace("shop", "tiny"));
        let config = format!(
            "default_target = \"tiny\"\n[target.tiny]\nurl = \"{}\"\n[target.tiny.roles.clerk.login]\nsteps = [\n  \
             {{ request = \"POST /login\", form = {{ user = \"u\" }}, capture = {{ session = \"{capture}\" }} }}\n]\n\
             header = \"Cookie: {header}\"\n",
            server.url
        );
        fs::write(folder.path().join("failspec.toml"), config).unwrap();
        let ran = done(failspec(folder.path()).args(["run", "tiny", "--packs", ".", "-v"]));
        let sent = server.received().pop().unwrap().header("cookie").unwrap_or_default().to_owned();
        (ran, sent)
    };
    let (ran, sent) = run("cookie session", "session=${session}");
    ran.exits(0).never_says("s3ss10n-of-user");
    assert_eq!(sent, "session=s3ss10n-of-user");
    let (ran, sent) = run("header Set-Cookie", "${session}");
    ran.exits(0).never_says("s3ss10n-of-user");
    assert_eq!(sent, "csrf=abcdef0123456789; session=s3ss10n-of-user");
    let (ran, _) = run("cookie sid", "sid=${session}");
    ran.exits(3).says("with nothing to capture as session: it sets the cookies csrf, session");
}
