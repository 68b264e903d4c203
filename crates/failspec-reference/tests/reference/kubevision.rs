//! Tests of the reference implementation of KubeVision against its documentation, without a network.

use std::{collections::HashSet, time::Duration};

use crate::dice::{self, Dice};
use failspec_reference::{
    Api, Request, Response,
    kubevision::{
        ADMIN_TOKEN, BODY_LIMIT, Code, DEVELOPER_TOKEN, EXPIRED_REFRESH_TOKEN, EXPIRED_TOKEN, Kubevision,
        Pages, TOTP_PASSWORD, TOTP_SECRETS, VIEWER_TOKEN, password_of,
    },
    mutants_of,
    store::Clock,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

const CONFIGMAPS: &str = "/api/v1/clusters/1/resources/configmaps";
const DEPLOYMENTS: &str = "/api/v1/clusters/1/resources/deployments";
const BATCH: &str = "/api/v1/clusters/1/resources/batch-delete";
const SCALE: &str = "/api/v1/clusters/1/namespaces/team-a/deployments/web/scale";

fn march() -> Kubevision {
    Kubevision::of(Pages::March2026)
}

fn in_team(target: &str) -> String {
    format!("{target}?namespace=team-a")
}

fn bare(api: &Kubevision, method: &str, target: &str, body: &str) -> Response {
    api.response(&Request::new(method, target).with_body(body.to_owned()))
}

fn ask(api: &Kubevision, token: &str, method: &str, target: &str, body: &str) -> Response {
    api.response(&Request::new(method, target).with_bearer(token).with_body(body.to_owned()))
}

fn get(api: &Kubevision, token: &str, target: &str) -> Response {
    ask(api, token, "GET", target, "")
}

fn dev(api: &Kubevision, method: &str, target: &str, body: &str) -> Response {
    ask(api, DEVELOPER_TOKEN, method, target, body)
}

fn admin(api: &Kubevision, method: &str, target: &str, body: &str) -> Response {
    ask(api, ADMIN_TOKEN, method, target, body)
}

/// Checks the members of every response; returns the code and the body.
#[track_caller]
fn envelope(response: &Response) -> (u64, Value) {
    let body = response.document().unwrap_or_else(|| panic!("no JSON in {response:?}"));
    assert_eq!(response.status, 200, "{body}");
    assert_eq!(response.header("content-type"), Some("application/json; charset=utf-8"));
    let names: Vec<&str> = body.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(names, ["code", "message", "data", "meta"]);
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    assert_eq!(body["meta"]["requestId"].as_str().map(str::len), Some(36), "{body}");
    assert_eq!(body["meta"]["stale"], false, "{body}");
    assert!(["cache", "apiserver"].contains(&body["meta"]["source"].as_str().expect("a source")));
    (body["code"].as_u64().expect("a code"), body)
}

#[track_caller]
fn fails(response: &Response, code: Code) -> Value {
    let (found, body) = envelope(response);
    assert_eq!(found, u64::from(code.number(Pages::March2026)), "{code:?}: {body}");
    if code != Code::TwoFactorRequired {
        assert_eq!(body["data"], Value::Null, "{body}");
    }
    assert!(body["meta"].get("total").is_none());
    body
}

#[track_caller]
fn succeeds(response: &Response) -> Value {
    let (code, mut body) = envelope(response);
    assert_eq!((code, &body["message"]), (0, &json!("success")), "{body}");
    assert_eq!(body["meta"]["total"].is_u64(), body["data"].is_array(), "{body}");
    body["data"].take()
}

/// The items of a batch are a list without a total.
#[track_caller]
fn succeeds_with_a_list(response: &Response) -> Value {
    let (code, mut body) = envelope(response);
    assert_eq!((code, body["data"].is_array(), body["meta"].get("total")), (0, true, None), "{body}");
    body["data"].take()
}

fn configmap(name: &str) -> String {
    json!({ "kind": "ConfigMap", "metadata": { "name": name, "namespace": "team-a" }, "data": { "k": "1" } })
        .to_string()
}

fn deployment(replicas: &Value, selector: &str, label: &str) -> String {
    json!({
        "kind": "Deployment",
        "metadata": { "name": "web", "namespace": "team-a" },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": { "app": selector } },
            "template": { "metadata": { "labels": { "app": label, "tier": "front" } } },
        },
    })
    .to_string()
}

fn login(user: &str, password: &str) -> String {
    json!({ "username": user, "password": password }).to_string()
}

/// Logs in with a password only; returns the temporary token of the user with 2FA.
#[track_caller]
fn half_login(api: &Kubevision, user: &str) -> String {
    let response = bare(api, "POST", "/api/v1/auth/login", &login(user, TOTP_PASSWORD));
    let body = fails(&response, Code::TwoFactorRequired);
    assert_eq!(body["data"]["expiresIn"], 300);
    body["data"]["tempToken"].as_str().expect("a token").to_owned()
}

fn verify(api: &Kubevision, token: &str, code: &str) -> Response {
    let body = json!({ "tempToken": token, "code": code }).to_string();
    bare(api, "POST", "/api/v1/auth/2fa/verify", &body)
}

fn code_at(secret: &str, second: i64) -> String {
    let secret = Secret::try_from_base32(secret).expect("base 32");
    let totp = Builder::new().with_secret(secret).build().expect("a generator");
    totp.generate(u64::try_from(second).expect("after 1970")).to_string()
}

const BEGIN: i64 = 1_800_000_000;

fn standing() -> (Kubevision, Clock) {
    let clock = Clock::standing(Timestamp::from_second(BEGIN).expect("a time"));
    (Kubevision::with_pages(clock.clone(), Pages::March2026), clock)
}

#[track_caller]
fn version_of(data: &Value) -> String {
    data["raw"]["metadata"]["resourceVersion"].as_str().expect("a version").to_owned()
}

#[test]
fn the_page_lists_18_codes() {
    let numbers: HashSet<u16> = Code::ALL.iter().map(|code| code.number(Pages::March2026)).collect();
    assert_eq!((Code::ALL.len(), numbers.len()), (18, 18));
}

/// The page of August has 12 codes, and bodies are JSON.
#[test]
fn the_later_page_lists_12_codes() {
    let pages = Pages::August2026;
    let numbers: Vec<u16> = Code::all(pages).into_iter().map(|code| code.number(pages)).collect();
    assert_eq!(numbers, [40001, 40002, 40100, 40101, 40102, 40103, 40300, 40400, 40900, 42200, 50000, 50200]);
    let api = Kubevision::new();
    let code = |response: Response| envelope(&response).0;
    let post = |body: &str| code(dev(&api, "POST", &in_team(CONFIGMAPS), body));
    let stale = r#"{"kind":"ConfigMap","metadata":{"name":"settings","resourceVersion":"1"}}"#;
    let settings = in_team(&format!("{CONFIGMAPS}/settings"));
    let web = deployment(&json!(-1), "web", "web");
    let dry_web = in_team(&format!("{DEPLOYMENTS}/web/dry-run"));
    for (found, expected) in [
        (code(get(&api, ADMIN_TOKEN, "/api/v1/users/99")), 40400),
        (code(get(&api, ADMIN_TOKEN, "/api/v1/clusters/99")), 40400),
        (code(get(&api, DEVELOPER_TOKEN, "/api/v1/clusters/2")), 40300),
        (code(get(&api, DEVELOPER_TOKEN, &format!("{CONFIGMAPS}?namespace=kube-system"))), 40300),
        (code(dev(&api, "PUT", &settings, stale)), 40900),
        (code(dev(&api, "PUT", &dry_web, &web)), 42200),
        (post(&configmap("settings")), 40900),
        (post("kind: ConfigMap\nmetadata: {name: x}"), 40002),
        (post("metadata: {name: [unclosed"), 40002),
        (post("[]"), 40002),
        (post(""), 40001),
        (post(&configmap("new")), 0),
    ] {
        assert_eq!(found, expected);
    }
    assert!(api.quirks().known().iter().all(|quirk| quirk.name != "invalid-yaml-accepted"));
    assert!(march().quirks().known().iter().any(|quirk| quirk.name == "invalid-yaml-accepted"));
}

#[test]
fn every_documented_code_has_a_request_that_brings_it() {
    let (api, _) = standing();
    let mut seen = HashSet::new();
    let mut see = |response: Response, code: Code| {
        fails(&response, code);
        seen.insert(code.number(Pages::March2026));
    };
    see(get(&api, DEVELOPER_TOKEN, &format!("{CONFIGMAPS}/settings")), Code::MissingParameter);
    see(
        get(&api, DEVELOPER_TOKEN, &format!("{CONFIGMAPS}?namespace=team-a&limit=ten")),
        Code::InvalidParameter,
    );
    see(bare(&api, "GET", "/api/v1/users/me", ""), Code::NotLoggedIn);
    see(get(&api, EXPIRED_TOKEN, "/api/v1/users/me"), Code::TokenExpired);
    see(bare(&api, "POST", "/api/v1/auth/login", &login("totp-a", TOTP_PASSWORD)), Code::TwoFactorRequired);
    see(verify(&api, &half_login(&api, "totp-a"), "000000"), Code::TwoFactorFailed);
    see(ask(&api, VIEWER_TOKEN, "POST", &in_team(CONFIGMAPS), &configmap("new")), Code::ActionForbidden);
    see(
        get(&api, DEVELOPER_TOKEN, "/api/v1/clusters/2/resources/configmaps?namespace=team-a"),
        Code::ClusterForbidden,
    );
    see(get(&api, DEVELOPER_TOKEN, &format!("{CONFIGMAPS}?namespace=kube-system")), Code::NamespaceForbidden);
    see(get(&api, DEVELOPER_TOKEN, &in_team(&format!("{CONFIGMAPS}/absent"))), Code::ResourceNotFound);
    see(get(&api, ADMIN_TOKEN, "/api/v1/users/99"), Code::UserNotFound);
    see(get(&api, ADMIN_TOKEN, "/api/v1/clusters/999"), Code::ClusterNotFound);
    see(dev(&api, "POST", &in_team(CONFIGMAPS), &configmap("settings")), Code::AlreadyExists);
    let stale = r#"{"kind":"ConfigMap","metadata":{"name":"settings","resourceVersion":"1"}}"#;
    see(dev(&api, "PUT", &in_team(&format!("{CONFIGMAPS}/settings")), stale), Code::VersionConflict);
    see(dev(&api, "POST", &in_team(CONFIGMAPS), "metadata: {name: [unclosed"), Code::InvalidYaml);
    see(
        dev(&api, "POST", &in_team(&format!("{DEPLOYMENTS}/dry-run")), &deployment(&json!(-1), "web", "web")),
        Code::RejectedByKubernetes,
    );
    see(
        get(&api, DEVELOPER_TOKEN, "/api/v1/clusters/3/resources/configmaps?namespace=team-a"),
        Code::ClusterUnreachable,
    );
    assert!(api.conditions().switch_on("internal-fault"));
    see(get(&api, DEVELOPER_TOKEN, &in_team(CONFIGMAPS)), Code::Internal);
    assert_eq!(seen.len(), Code::ALL.len());
}

#[test]
fn request_ids_are_all_different() {
    let api = march();
    let ids: HashSet<String> = (0..200)
        .map(|round| {
            let token = if round % 2 == 0 { ADMIN_TOKEN } else { "nobody" };
            let (_, body) = envelope(&get(&api, token, "/api/v1/clusters"));
            body["meta"]["requestId"].as_str().expect("an id").to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 200);
}

#[test]
fn reads_come_from_the_cache_and_writes_go_to_the_api_server() {
    let api = march();
    let source = |response: Response| envelope(&response).1["meta"]["source"].clone();
    assert_eq!(source(dev(&api, "GET", &in_team(CONFIGMAPS), "")), "cache");
    assert_eq!(source(dev(&api, "POST", &in_team(CONFIGMAPS), &configmap("new"))), "apiserver");
    assert_eq!(
        source(dev(&api, "POST", &in_team(&format!("{CONFIGMAPS}/dry-run")), &configmap("x"))),
        "apiserver"
    );
}

#[test]
fn what_is_no_route_is_40400_for_everyone() {
    let api = march();
    let targets = [
        ("GET", "/"),
        ("GET", "/api/v1"),
        ("GET", "/api/v2/users/me"),
        ("GET", "/api/v1/users"),
        ("POST", "/api/v1/users/me"),
        ("GET", "/api/v1/auth/login"),
        ("PATCH", "/api/v1/clusters"),
        ("OPTIONS", "/api/v1/clusters"),
        ("get", "/api/v1/clusters"),
        ("GET", "/api/v1/clusters/1/resources/pods"),
        ("POST", "/api/v1/clusters/1/resources/pods/dry-run"),
        ("DELETE", "/api/v1/clusters/1/resources/ConfigMaps/settings"),
        ("GET", "/api/v1/clusters/1/resources/batch-delete"),
        ("DELETE", "/api/v1/clusters/1/resources/configmaps"),
        ("GET", "/api/v1//clusters"),
        ("GET", SCALE),
        ("", ""),
    ];
    for (method, target) in targets {
        fails(&bare(&api, method, target, ""), Code::ResourceNotFound);
        fails(&admin(&api, method, target, "{"), Code::ResourceNotFound);
    }
    succeeds(&admin(&api, "HEAD", "/api/v1/clusters", ""));
    succeeds(&admin(&api, "GET", "/api/v1/%63lusters/%31", ""));
}

#[test]
fn tokens_are_missing_unknown_or_expired() {
    let (api, clock) = standing();
    let me = "/api/v1/users/me";
    for value in ["", "Bearer", "Bearer ", "Basic a2V2aW4=", "Bearer nobody", ADMIN_TOKEN, "bearer kv_at_x"] {
        let request = Request::new("GET", me).with_header("Authorization", value);
        fails(&api.response(&request), Code::NotLoggedIn);
    }
    let two = Request::new("GET", me).with_bearer(ADMIN_TOKEN).with_bearer(ADMIN_TOKEN);
    fails(&api.response(&two), Code::NotLoggedIn);
    let lower = Request::new("GET", me).with_header("authorization", &format!("bearer {ADMIN_TOKEN}"));
    assert_eq!(
        succeeds(&api.response(&lower)),
        json!({ "id": 1, "username": "admin", "role": "admin", "totpEnabled": false })
    );

    let response = bare(&api, "POST", "/api/v1/auth/login", &login("developer", &password_of("developer")));
    let tokens = succeeds(&response);
    assert_eq!((&tokens["tokenType"], &tokens["expiresIn"]), (&json!("Bearer"), &json!(900)));
    let access = tokens["accessToken"].as_str().expect("a token");
    assert_eq!(succeeds(&get(&api, access, me))["username"], "developer");
    clock.advance(Duration::from_secs(899));
    succeeds(&get(&api, access, me));
    clock.advance(Duration::from_secs(1));
    fails(&get(&api, access, me), Code::TokenExpired);
    succeeds(&get(&api, DEVELOPER_TOKEN, me));

    // A refresh token can be used any number of times.
    let refresh = json!({ "refreshToken": tokens["refreshToken"] }).to_string();
    for _ in 0..2 {
        let fresh = succeeds(&bare(&api, "POST", "/api/v1/auth/refresh", &refresh));
        assert_eq!(fresh["refreshToken"], tokens["refreshToken"]);
        assert_ne!(fresh["accessToken"], tokens["accessToken"]);
        succeeds(&get(&api, fresh["accessToken"].as_str().expect("a token"), me));
    }
    fails(&get(&api, access, me), Code::TokenExpired);
    let refresh = json!({ "refreshToken": EXPIRED_REFRESH_TOKEN }).to_string();
    let fresh = succeeds(&bare(&api, "POST", "/api/v1/auth/refresh", &refresh));
    let fresh = fresh["accessToken"].as_str().expect("a token");
    assert_eq!(succeeds(&get(&api, fresh, me))["username"], "expired");
    succeeds(&get(&api, fresh, &in_team(CONFIGMAPS)));
    fails(&get(&api, EXPIRED_TOKEN, me), Code::TokenExpired);
}

#[test]
fn logins_fail_by_parameter_or_password() {
    let api = march();
    let tell = |path: &str, body: &str, code| {
        fails(&bare(&api, "POST", &format!("/api/v1/auth/{path}"), body), code)
    };
    for body in ["", "  ", "{}", r#"{"username":"viewer"}"#, r#"{"username":null,"password":"x"}"#] {
        tell("login", body, Code::MissingParameter);
    }
    // Missing parameters come before malformed ones.
    tell("login", r#"{"username":7}"#, Code::MissingParameter);
    for body in
        ["{", "[]", "null", "\"x\"", r#"{"username":7,"password":"x"}"#, r#"{"username":"a","password":[]}"#]
    {
        tell("login", body, Code::InvalidParameter);
    }
    for (user, password) in
        [("viewer", "wrong"), ("nobody", "x"), ("", ""), ("totp-a", "wrong"), ("viewer", "")]
    {
        tell("login", &login(user, password), Code::NotLoggedIn);
    }
    tell("refresh", "{}", Code::MissingParameter);
    tell("refresh", r#"{"refreshToken":1}"#, Code::InvalidParameter);
    tell("refresh", r#"{"refreshToken":"nothing"}"#, Code::NotLoggedIn);
    tell("refresh", &json!({ "refreshToken": ADMIN_TOKEN }).to_string(), Code::NotLoggedIn);
    tell("2fa/verify", r#"{"code":"000000"}"#, Code::MissingParameter);
    tell("2fa/verify", r#"{"tempToken":"x"}"#, Code::MissingParameter);
    for code in [json!(123_456), json!("12345"), json!("1234567"), json!("12345x"), json!(""), json!("１２")]
    {
        tell("2fa/verify", &json!({ "tempToken": "x", "code": code }).to_string(), Code::InvalidParameter);
    }
    tell("2fa/verify", r#"{"tempToken":"x","code":"000000"}"#, Code::NotLoggedIn);
    // A login is not rejected because of a token that is sent along.
    let body = login("viewer", &password_of("viewer"));
    succeeds(&ask(&api, "nobody", "POST", "/api/v1/auth/login", &body));
}

#[test]
fn a_second_factor_is_right_once_and_for_90_seconds() {
    let (api, clock) = standing();
    let [(user, secret), (other, other_secret), _] = TOTP_SECRETS;
    let token = half_login(&api, user);
    let pending = get(&api, &token, "/api/v1/users/me");
    assert_eq!(fails(&pending, Code::TwoFactorRequired)["data"], Value::Null);
    for wrong in [code_at(secret, BEGIN - 60), code_at(secret, BEGIN + 60), code_at(other_secret, BEGIN)] {
        fails(&verify(&api, &token, &wrong), Code::TwoFactorFailed);
    }
    let tokens = succeeds(&verify(&api, &token, &code_at(secret, BEGIN)));
    let access = tokens["accessToken"].as_str().expect("a token");
    let me = succeeds(&get(&api, access, "/api/v1/users/me"));
    assert_eq!((&me["username"], &me["totpEnabled"]), (&json!(user), &json!(true)));
    // The temporary token and the code are consumed, but not the codes of the neighbouring steps.
    fails(&verify(&api, &token, &code_at(secret, BEGIN + 30)), Code::NotLoggedIn);
    fails(&get(&api, &token, "/api/v1/users/me"), Code::NotLoggedIn);
    let token = half_login(&api, user);
    fails(&verify(&api, &token, &code_at(secret, BEGIN)), Code::TwoFactorFailed);
    succeeds(&verify(&api, &token, &code_at(secret, BEGIN - 30)));
    succeeds(&verify(&api, &half_login(&api, user), &code_at(secret, BEGIN + 30)));
    // A code is consumed for one user only.
    succeeds(&verify(&api, &half_login(&api, other), &code_at(other_secret, BEGIN)));
    let token = half_login(&api, other);
    clock.advance(Duration::from_secs(300));
    fails(&verify(&api, &token, &code_at(other_secret, BEGIN + 300)), Code::NotLoggedIn);
    fails(&get(&api, &token, "/api/v1/users/me"), Code::NotLoggedIn);
}

#[test]
fn requests_are_judged_in_the_documented_order() {
    let api = march();
    // Authentication comes before everything except the route.
    fails(&bare(&api, "POST", "/api/v1/clusters", "{"), Code::NotLoggedIn);
    fails(&get(&api, EXPIRED_TOKEN, "/api/v1/clusters/Not_A_Label"), Code::TokenExpired);
    // The query comes before the body.
    fails(&dev(&api, "PUT", &format!("{CONFIGMAPS}/settings"), "{"), Code::MissingParameter);
    fails(&dev(&api, "POST", &format!("{CONFIGMAPS}?namespace=A"), "{"), Code::InvalidParameter);
    // The body comes before the cluster and the permission.
    let absent = &in_team("/api/v1/clusters/999/resources/configmaps");
    fails(&ask(&api, VIEWER_TOKEN, "POST", absent, "{"), Code::InvalidYaml);
    fails(&ask(&api, VIEWER_TOKEN, "POST", absent, "kind: ConfigMap"), Code::MissingParameter);
    fails(&ask(&api, VIEWER_TOKEN, "POST", absent, &configmap("x")), Code::ClusterNotFound);
    let restricted = &in_team("/api/v1/clusters/2/resources/configmaps");
    fails(&ask(&api, VIEWER_TOKEN, "POST", restricted, &configmap("x")), Code::ClusterForbidden);
    let elsewhere = configmap("x").replace("team-a", "team-b");
    fails(&ask(&api, VIEWER_TOKEN, "POST", &in_team(CONFIGMAPS), &elsewhere), Code::NamespaceForbidden);
    // The permission comes before existence, and before validation by Kubernetes.
    fails(
        &ask(&api, VIEWER_TOKEN, "POST", &in_team(CONFIGMAPS), &configmap("settings")),
        Code::ActionForbidden,
    );
    fails(
        &dev(&api, "GET", &in_team("/api/v1/clusters/1/resources/secrets/absent"), ""),
        Code::ActionForbidden,
    );
    fails(
        &dev(&api, "GET", &format!("{CONFIGMAPS}/settings?namespace=absent"), ""),
        Code::NamespaceForbidden,
    );
    fails(&dev(&api, "GET", "/api/v1/users/99", ""), Code::ActionForbidden);
    // The permission comes before conditions, conditions before the cluster, and the cluster before existence.
    let dead = "/api/v1/clusters/3/resources/configmaps";
    fails(&ask(&api, VIEWER_TOKEN, "GET", &in_team(dead), ""), Code::ClusterForbidden);
    fails(&dev(&api, "GET", &format!("{dead}/absent?namespace=team-a"), ""), Code::ClusterUnreachable);
    api.conditions().switch_on("internal-fault");
    fails(&ask(&api, VIEWER_TOKEN, "POST", &in_team(CONFIGMAPS), &configmap("x")), Code::ActionForbidden);
    fails(&dev(&api, "GET", &in_team(dead), ""), Code::Internal);
    fails(&dev(&api, "POST", &in_team(CONFIGMAPS), &configmap("settings")), Code::Internal);
    // Existence comes before validation by Kubernetes.
    api.conditions().switch_all_off();
    let bad = r#"{"kind":"ConfigMap","metadata":{"name":"settings","namespace":"team-a","resourceVersion":"1"},"data":{"a":1}}"#;
    fails(&dev(&api, "POST", &in_team(CONFIGMAPS), bad), Code::AlreadyExists);
    fails(&dev(&api, "PUT", &in_team(&format!("{CONFIGMAPS}/settings")), bad), Code::VersionConflict);
    fails(&dev(&api, "PUT", &in_team(&format!("{CONFIGMAPS}/settings/dry-run")), bad), Code::VersionConflict);
    fails(&dev(&api, "PUT", &in_team(&format!("{CONFIGMAPS}/none/dry-run")), bad), Code::InvalidParameter);
    fails(&dev(&api, "POST", &in_team(&format!("{CONFIGMAPS}/dry-run")), bad), Code::RejectedByKubernetes);
}

#[test]
fn parameters_are_missing_or_malformed() {
    let api = march();
    let queries = [
        "limit=0",
        "limit=501",
        "limit=-1",
        "limit=",
        "limit=1.0",
        "limit=+5",
        "limit=99999999999999999999999",
        "limit=%zz",
        "page=0",
        "page=x",
        "namespace=Not_A_Label",
        "namespace=",
        "namespace=-a",
        "namespace=a.b",
        "namespace=%ff",
        "limit=x&limit=1",
    ];
    for query in queries {
        fails(&admin(&api, "GET", &format!("{CONFIGMAPS}?{query}"), ""), Code::InvalidParameter);
    }
    for query in [
        "limit=1",
        "limit=500",
        "page=1",
        "page=99999999999999999999999",
        "limit=1&limit=x",
        "color=%zz",
        "",
        "&&",
    ] {
        succeeds(&admin(&api, "GET", &format!("{CONFIGMAPS}?{query}"), ""));
    }
    for target in ["/api/v1/clusters/", "/api/v1/users/", "/api/v1/clusters//resources/configmaps"] {
        fails(&admin(&api, "GET", target, ""), Code::MissingParameter);
    }
    for target in [
        "/api/v1/clusters/%zz",
        "/api/v1/clusters/main",
        "/api/v1/users/a%20b",
        "/api/v1/clusters/1%2F1",
        "/api/v1/users/-1",
    ] {
        fails(&admin(&api, "GET", target, ""), Code::InvalidParameter);
    }
    for method in ["GET", "DELETE", "PUT", "PATCH"] {
        fails(&dev(&api, method, &format!("{CONFIGMAPS}/Not_A_Name"), ""), Code::MissingParameter);
        fails(&dev(&api, method, &in_team(&format!("{CONFIGMAPS}/Not_A_Name")), ""), Code::InvalidParameter);
    }
    // A number of 64 bits, and one that is longer.
    fails(&admin(&api, "GET", "/api/v1/users/18446744073709551615", ""), Code::UserNotFound);
    fails(&admin(&api, "GET", "/api/v1/users/18446744073709551616", ""), Code::InvalidParameter);
    fails(&dev(&api, "POST", CONFIGMAPS, &configmap("x")), Code::MissingParameter);
}

#[test]
fn objects_are_yaml_then_complete_then_well_formed() {
    let api = march();
    let post = |body: &str| dev(&api, "POST", &in_team(CONFIGMAPS), body);
    for body in ["metadata:\n\tname: x", "a: 'b", "a: b: c", "a: 1\na: 2", "{", "[1", "a: *b", "%", "\"\u{1}"]
    {
        fails(&post(body), Code::InvalidYaml);
    }
    let bytes = |body: Vec<u8>| {
        Request::new("POST", &in_team(CONFIGMAPS)).with_bearer(DEVELOPER_TOKEN).with_body(body)
    };
    fails(&api.response(&bytes(b"\xff\xfe".to_vec())), Code::InvalidYaml);
    for body in [
        "",
        "# nothing",
        "{}",
        "kind: ConfigMap",
        "metadata:",
        "kind: ConfigMap\nmetadata: {namespace: team-a}",
        "metadata: {name: x, namespace: team-a}",
    ] {
        fails(&post(body), Code::MissingParameter);
    }
    for body in [
        "[]",
        "text",
        "7",
        "kind: 7\nmetadata: {name: [], namespace: }",
        "kind: ConfigMap\nmetadata: text",
        "kind: Secret\nmetadata: {name: x, namespace: team-a}",
        "kind: configmap\nmetadata: {name: x, namespace: team-a}",
        "kind: ConfigMap\nmetadata: {name: 7, namespace: team-a}",
        "kind: ConfigMap\nmetadata: {name: Not_A_Name, namespace: team-a}",
        "kind: ConfigMap\nmetadata: {name: x, namespace: a.b}",
        "kind: ConfigMap\nmetadata: {name: x, namespace: team-a, resourceVersion: 7}",
        "kind: ConfigMap\nmetadata: {name: x, namespace: team-a, resourceVersion: new}",
        "a: 1\n---\nb: 2",
    ] {
        fails(&post(body), Code::InvalidParameter);
    }
    // JSON is YAML, independent of the declared media type; the namespace may be in the body too.
    let declared = bytes(configmap("one").into_bytes()).with_header("Content-Type", "text/html");
    succeeds(&api.response(&declared));
    let made = succeeds(&dev(
        &api,
        "POST",
        &in_team(CONFIGMAPS),
        "---\nkind: ConfigMap\nmetadata:\n  name: two.x\n---\n",
    ));
    assert_eq!(
        (&made["namespace"], &made["raw"]["metadata"]["namespace"]),
        (&json!("team-a"), &json!("team-a"))
    );
    fails(
        &dev(
            &api,
            "POST",
            &format!("{CONFIGMAPS}?namespace=team-a"),
            &configmap("x").replace("team-a", "team-b"),
        ),
        Code::NamespaceForbidden,
    );
    // The namespace does not exist.
    fails(
        &admin(&api, "POST", &in_team(CONFIGMAPS), &configmap("x").replace("team-a", "team-z")),
        Code::ResourceNotFound,
    );
    let large = configmap("large");
    let large = format!("{large}{}", " ".repeat(BODY_LIMIT - large.len()));
    fails(&post(&format!("{large} ")), Code::InvalidParameter);
    succeeds(&post(&large));
    fails(&bare(&api, "POST", "/api/v1/auth/login", &" ".repeat(BODY_LIMIT + 1)), Code::InvalidParameter);
}

#[test]
fn updates_are_for_one_version_or_for_any() {
    let api = march();
    let made = succeeds(&dev(&api, "POST", &in_team(CONFIGMAPS), &configmap("cm")));
    let first = version_of(&made);
    assert!(first.bytes().all(|byte| byte.is_ascii_digit()));
    let target = in_team(&format!("{CONFIGMAPS}/cm"));
    let with = |version: &str| {
        json!({ "kind": "ConfigMap", "metadata": { "name": "cm", "resourceVersion": version }, "data": { "k": version } }).to_string()
    };
    let second = version_of(&succeeds(&dev(&api, "PUT", &target, &with(&first))));
    assert_ne!(first, second);
    for stale in [first.as_str(), "1", "0", "99999999999999999999999", &format!("0{second}")] {
        fails(&dev(&api, "PUT", &target, &with(stale)), Code::VersionConflict);
    }
    // The documentation advises to fetch again and retry.
    let fresh = version_of(&succeeds(&dev(&api, "GET", &target, "")));
    assert_eq!(fresh, second);
    succeeds(&dev(&api, "PUT", &target, &with(&fresh)));
    succeeds(&dev(&api, "PUT", &target, "kind: ConfigMap\nmetadata: {name: cm}"));
    fails(&dev(&api, "PUT", &target, "kind: ConfigMap\nmetadata: {name: other}"), Code::InvalidParameter);
    fails(
        &dev(&api, "PUT", &target, "kind: ConfigMap\nmetadata: {name: cm, namespace: team-b}"),
        Code::InvalidParameter,
    );
    fails(&dev(&api, "PUT", &target, "metadata: {name: cm}"), Code::MissingParameter);
    fails(
        &dev(&api, "PUT", &in_team(&format!("{CONFIGMAPS}/no")), "kind: ConfigMap\nmetadata: {name: no}"),
        Code::ResourceNotFound,
    );
    succeeds(&dev(&api, "DELETE", &target, ""));
    fails(&dev(&api, "DELETE", &target, ""), Code::ResourceNotFound);
    fails(&dev(&api, "GET", &target, ""), Code::ResourceNotFound);
    // A resource that is created again has a new version.
    assert_ne!(version_of(&succeeds(&dev(&api, "POST", &in_team(CONFIGMAPS), &configmap("cm")))), first);
}

#[test]
fn patches_merge_into_what_is_there() {
    let api = march();
    let made = succeeds(&dev(&api, "POST", &in_team(CONFIGMAPS), &configmap("cm")));
    let target = in_team(&format!("{CONFIGMAPS}/cm"));
    let patch = |body: &str| dev(&api, "PATCH", &target, body);
    let patched = succeeds(&patch("data: {k: null, l: \"2\"}\nmetadata: {name: cm, labels: {a: b}}"));
    let patched_raw = &patched["raw"];
    assert_eq!(patched_raw["data"], json!({ "l": "2" }));
    assert_eq!(patched_raw["metadata"]["labels"], json!({ "a": "b" }));
    assert_eq!((&patched["kind"], &patched["name"]), (&json!("ConfigMap"), &json!("cm")));
    let stale = json!({ "metadata": { "resourceVersion": version_of(&made) } }).to_string();
    fails(&patch(&stale), Code::VersionConflict);
    let fresh = json!({ "metadata": { "resourceVersion": version_of(&patched) } }).to_string();
    succeeds(&patch(&fresh));
    succeeds(&patch(""));
    for body in [
        "[]",
        "metadata: x",
        "metadata: null",
        "metadata: {name: other}",
        "metadata: {name: null}",
        "kind: Secret",
        "kind: null",
    ] {
        fails(&patch(body), Code::InvalidParameter);
    }
    fails(&patch("{"), Code::InvalidYaml);
    fails(&patch("data: {k: 7}"), Code::RejectedByKubernetes);
    fails(&patch("data: text"), Code::RejectedByKubernetes);
    assert_eq!(succeeds(&dev(&api, "GET", &target, ""))["raw"]["data"], json!({ "l": "2" }));
    fails(&dev(&api, "PATCH", &in_team(&format!("{CONFIGMAPS}/no")), "{}"), Code::ResourceNotFound);
    fails(&ask(&api, VIEWER_TOKEN, "PATCH", &target, "{}"), Code::ActionForbidden);
}

#[test]
fn kubernetes_judges_deployments_and_configmaps() {
    let api = march();
    let dry = in_team(&format!("{DEPLOYMENTS}/dry-run"));
    let dry_web = in_team(&format!("{DEPLOYMENTS}/web/dry-run"));
    let web = succeeds(&dev(&api, "GET", &in_team(&format!("{DEPLOYMENTS}/web")), ""));
    for replicas in
        [json!(-1), json!("1"), json!(1.5), json!(i64::from(i32::MAX) + 1), json!(true), json!([])]
    {
        fails(&dev(&api, "PUT", &dry_web, &deployment(&replicas, "web", "web")), Code::RejectedByKubernetes);
    }
    fails(&dev(&api, "PUT", &dry_web, &deployment(&json!(1), "other", "other")), Code::RejectedByKubernetes);
    fails(&dev(&api, "PUT", &dry_web, &deployment(&json!(1), "web", "other")), Code::RejectedByKubernetes);
    let head = "kind: Deployment\nmetadata: {name: new, namespace: team-a}\n";
    for spec in [
        "",
        "spec: {}",
        "spec: text",
        "spec: {selector: {matchLabels: {}}}",
        "spec: {selector: {matchLabels: {a: 1}}, template: {metadata: {labels: {a: 1}}}}",
        "spec: {selector: {matchLabels: {a: b}}}",
    ] {
        fails(&dev(&api, "POST", &dry, &format!("{head}{spec}")), Code::RejectedByKubernetes);
        fails(
            &dev(&api, "POST", &in_team(DEPLOYMENTS), &format!("{head}{spec}")),
            Code::RejectedByKubernetes,
        );
    }
    let right = format!(
        "{head}spec: {{selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}}}}}"
    );
    let dried = succeeds(&dev(&api, "POST", &dry, &right));
    assert_eq!((&dried["valid"], &dried["current"]), (&json!(true), &Value::Null));
    assert!(dried["proposed"]["raw"]["metadata"].get("resourceVersion").is_none());
    fails(&dev(&api, "GET", &in_team(&format!("{DEPLOYMENTS}/new")), ""), Code::ResourceNotFound);
    fails(&dev(&api, "POST", &dry, &deployment(&json!(7), "web", "web")), Code::RejectedByKubernetes);
    let dried = succeeds(&dev(&api, "PUT", &dry_web, &deployment(&json!(7), "web", "web")));
    assert_eq!((&dried["current"], version_of(&dried["proposed"])), (&web, version_of(&web)));
    assert_eq!(succeeds(&dev(&api, "GET", &in_team(&format!("{DEPLOYMENTS}/web")), "")), web);
    succeeds(&dev(&api, "POST", &in_team(DEPLOYMENTS), &right));

    let fixed = configmap("fixed").replace("\"data\"", "\"immutable\":true,\"data\"");
    succeeds(&dev(&api, "POST", &in_team(CONFIGMAPS), &fixed));
    let target = in_team(&format!("{CONFIGMAPS}/fixed"));
    let dry = in_team(&format!("{CONFIGMAPS}/dry-run"));
    let dry_fixed = in_team(&format!("{CONFIGMAPS}/fixed/dry-run"));
    succeeds(&dev(&api, "PUT", &dry_fixed, &fixed));
    fails(&dev(&api, "PUT", &dry_fixed.replace("fixed", "none"), &configmap("none")), Code::ResourceNotFound);
    succeeds(&dev(&api, "PUT", &target, &fixed));
    succeeds(&dev(&api, "PATCH", &target, "metadata: {labels: {a: b}}"));
    for changed in [fixed.replace("\"1\"", "\"2\""), fixed.replace("true", "false"), configmap("fixed")] {
        fails(&dev(&api, "PUT", &dry_fixed, &changed), Code::RejectedByKubernetes);
        fails(&dev(&api, "PUT", &target, &changed), Code::RejectedByKubernetes);
    }
    fails(&dev(&api, "POST", &dry, &fixed.replace("true", "1")), Code::RejectedByKubernetes);
    fails(&dev(&api, "POST", &dry, &configmap("n").replace("\"1\"", "1")), Code::RejectedByKubernetes);
    fails(&dev(&api, "POST", &dry, "metadata: {name: [unclosed"), Code::InvalidYaml);
    fails(&ask(&api, VIEWER_TOKEN, "POST", &dry, &configmap("n")), Code::ActionForbidden);
    fails(&admin(&api, "POST", &dry, &configmap("n").replace("team-a", "team-z")), Code::ResourceNotFound);
    succeeds(&dev(&api, "DELETE", &target, ""));
}

#[test]
fn replicas_are_whole_numbers() {
    let api = march();
    assert_eq!(succeeds(&dev(&api, "PUT", SCALE, r#"{"replicas":0}"#))["raw"]["spec"]["replicas"], 0);
    for body in ["", "{}", r#"{"replicas":null}"#] {
        fails(&dev(&api, "PUT", SCALE, body), Code::MissingParameter);
    }
    for body in [
        "{",
        "3",
        r#"{"replicas":-1}"#,
        r#"{"replicas":1.5}"#,
        r#"{"replicas":"1"}"#,
        r#"{"replicas":2147483648}"#,
    ] {
        fails(&dev(&api, "PUT", SCALE, body), Code::InvalidParameter);
    }
    let one = r#"{"replicas":1}"#;
    for kind in ["configmaps", "Deployment", "statefulsets"] {
        fails(&dev(&api, "PUT", &SCALE.replace("deployments", kind), one), Code::InvalidParameter);
    }
    fails(&dev(&api, "PUT", &SCALE.replace("team-a", "Team"), one), Code::InvalidParameter);
    fails(&dev(&api, "PUT", &SCALE.replace("web", "absent"), one), Code::ResourceNotFound);
    fails(&dev(&api, "PUT", &SCALE.replace("team-a", "team-b"), one), Code::NamespaceForbidden);
    fails(&dev(&api, "PUT", &SCALE.replace("clusters/1", "clusters/3"), one), Code::ClusterUnreachable);
    fails(&dev(&api, "PUT", &SCALE.replace("clusters/1", "clusters/2"), one), Code::ClusterForbidden);
    fails(&ask(&api, VIEWER_TOKEN, "PUT", SCALE, one), Code::ActionForbidden);
    api.conditions().switch_on("internal-fault");
    fails(&dev(&api, "PUT", SCALE, one), Code::Internal);
}

#[test]
fn a_batch_judges_every_item_on_its_own() {
    let api = march();
    succeeds(&dev(&api, "POST", &in_team(CONFIGMAPS), &configmap("one")));
    let item = |resource: &str, namespace: &str, name: &str| json!({ "resource": resource, "namespace": namespace, "name": name });
    let items = json!([
        item("configmaps", "team-a", "one"),
        item("configmaps", "team-a", "one"),
        item("configmaps", "kube-system", "one"),
        item("secrets", "team-a", "registry"),
        item("pods", "team-a", "one"),
        item("pods", "team-b", "one"),
        item("configmaps", "team-a", "Not_A_Name"),
    ]);
    let data = succeeds_with_a_list(&dev(&api, "POST", BATCH, &items.to_string()));
    let results = data.as_array().expect("results");
    let done: Vec<&Value> = results.iter().map(|result| &result["success"]).collect();
    assert_eq!(done, [true, false, false, false, false, false, false]);
    assert_eq!(
        results[0],
        json!({ "resource": "configmaps", "name": "one", "namespace": "team-a", "success": true })
    );
    assert!(results[1..].iter().all(|result| result["error"].as_str().is_some_and(|text| !text.is_empty())));
    assert!(results.iter().all(|result| result.get("code").is_none()));
    assert_eq!(results[3]["error"], "you may not delete secrets here");

    let one = json!([item("configmaps", "team-a", "x")]).to_string();
    fails(&dev(&api, "POST", BATCH, "[]"), Code::MissingParameter);
    let many = json!(vec![item("configmaps", "team-a", "x"); 51]);
    let most = json!(vec![item("configmaps", "team-a", "x"); 50]);
    let all = succeeds_with_a_list(&dev(&api, "POST", BATCH, &most.to_string()));
    assert_eq!(all.as_array().map(Vec::len), Some(50));
    for items in [many, json!({ "items": [] }), json!("x"), json!([7]), json!([{ "name": "x" }])] {
        fails(&dev(&api, "POST", BATCH, &items.to_string()), Code::InvalidParameter);
    }
    fails(&dev(&api, "POST", BATCH, ""), Code::InvalidParameter);
    fails(&dev(&api, "POST", &BATCH.replace("clusters/1", "clusters/99"), &one), Code::ClusterNotFound);
    fails(&dev(&api, "POST", &BATCH.replace("clusters/1", "clusters/2"), &one), Code::ClusterForbidden);
    fails(&dev(&api, "POST", &BATCH.replace("clusters/1", "clusters/3"), &one), Code::ClusterUnreachable);
    let viewed = succeeds_with_a_list(&ask(&api, VIEWER_TOKEN, "POST", BATCH, &one));
    assert_eq!(viewed[0]["error"], "you may not delete configmaps here");
}

#[test]
fn lists_have_pages_and_a_total() {
    let api = march();
    for name in ["a", "b", "c"] {
        succeeds(&dev(&api, "POST", &in_team(CONFIGMAPS), &configmap(name)));
    }
    let list = |query: &str| {
        let response = dev(&api, "GET", &format!("{CONFIGMAPS}?namespace=team-a&{query}"), "");
        let (_, body) = envelope(&response);
        let names: Vec<String> = body["data"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|item| item["name"].as_str().expect("a name").to_owned())
            .collect();
        (names.join(" "), body["meta"]["total"].as_u64().expect("a total"))
    };
    assert_eq!(list(""), ("a b c settings".to_owned(), 4));
    assert_eq!(list("limit=3"), ("a b c".to_owned(), 4));
    assert_eq!(list("limit=3&page=2"), ("settings".to_owned(), 4));
    assert_eq!(list("limit=3&page=3"), (String::new(), 4));
    // Without a namespace the request is for all of them, which only administrators may enter.
    assert_eq!(succeeds(&admin(&api, "GET", CONFIGMAPS, "")).as_array().map(Vec::len), Some(4));
    fails(&dev(&api, "GET", CONFIGMAPS, ""), Code::NamespaceForbidden);
    assert_eq!(succeeds(&admin(&api, "GET", &format!("{CONFIGMAPS}?namespace=absent"), "")), json!([]));
    succeeds(&ask(&api, VIEWER_TOKEN, "GET", &in_team(DEPLOYMENTS), ""));
    fails(
        &ask(&api, VIEWER_TOKEN, "GET", &in_team("/api/v1/clusters/1/resources/secrets"), ""),
        Code::ActionForbidden,
    );
}

#[test]
fn users_are_administered() {
    let api = march();
    let users = "/api/v1/users";
    let body = |name: &str, password: &str, role: &str| {
        json!({ "username": name, "password": password, "role": role }).to_string()
    };
    let made = succeeds(&admin(&api, "POST", users, &body("new", "long-enough", "viewer")));
    assert_eq!(made, json!({ "id": 8, "username": "new", "role": "viewer", "totpEnabled": false }));
    fails(&admin(&api, "POST", users, &body("new", "long-enough", "viewer")), Code::AlreadyExists);
    for (name, password, role) in
        [("Not_A_Label", "long-enough", "viewer"), ("x", "7-chars", "viewer"), ("x", "long-enough", "admin")]
    {
        fails(&admin(&api, "POST", users, &body(name, password, role)), Code::InvalidParameter);
    }
    fails(&admin(&api, "POST", users, r#"{"username":"x","role":"viewer"}"#), Code::MissingParameter);
    fails(&dev(&api, "POST", users, &body("new", "long-enough", "viewer")), Code::ActionForbidden);
    let tokens = succeeds(&bare(&api, "POST", "/api/v1/auth/login", &login("new", "long-enough")));
    let token = tokens["accessToken"].as_str().expect("a token");
    assert_eq!(succeeds(&get(&api, token, "/api/v1/users/8"))["role"], "viewer");
    fails(&get(&api, token, "/api/v1/users/3"), Code::ActionForbidden);
    // A new role applies at once, also to tokens that were issued before.
    fails(&ask(&api, token, "POST", &in_team(CONFIGMAPS), &configmap("x")), Code::ActionForbidden);
    assert_eq!(
        succeeds(&admin(&api, "PUT", "/api/v1/users/8", r#"{"role":"developer"}"#))["role"],
        "developer"
    );
    succeeds(&ask(&api, token, "POST", &in_team(CONFIGMAPS), &configmap("x")));
    fails(&admin(&api, "PUT", "/api/v1/users/8", r#"{"role":"king"}"#), Code::InvalidParameter);
    fails(&admin(&api, "PUT", "/api/v1/users/8", "{}"), Code::MissingParameter);
    fails(&admin(&api, "PUT", "/api/v1/users/99", r#"{"role":"viewer"}"#), Code::UserNotFound);
    fails(&ask(&api, token, "PUT", "/api/v1/users/8", r#"{"role":"viewer"}"#), Code::ActionForbidden);
    fails(&ask(&api, token, "DELETE", "/api/v1/users/8", ""), Code::ActionForbidden);
    succeeds(&admin(&api, "DELETE", "/api/v1/users/8", ""));
    fails(&admin(&api, "DELETE", "/api/v1/users/8", ""), Code::UserNotFound);
    fails(&get(&api, token, "/api/v1/users/me"), Code::NotLoggedIn);
    let refresh = json!({ "refreshToken": tokens["refreshToken"] }).to_string();
    fails(&bare(&api, "POST", "/api/v1/auth/refresh", &refresh), Code::NotLoggedIn);
}

#[test]
fn clusters_are_configurations() {
    let api = march();
    let clusters = "/api/v1/clusters";
    let ids = |token: &str| {
        let list = succeeds(&get(&api, token, clusters));
        list.as_array()
            .expect("a list")
            .iter()
            .map(|cluster| {
                (cluster["id"].as_u64().expect("an id"), cluster["name"].as_str().expect("a name").to_owned())
            })
            .collect::<Vec<_>>()
    };
    let named = |id: u64, name: &str| (id, name.to_owned());
    assert_eq!(ids(ADMIN_TOKEN), [named(3, "dead"), named(1, "main"), named(2, "restricted")]);
    assert_eq!(ids(DEVELOPER_TOKEN), [named(1, "main")]);
    let kubeconfig = |server: &str| {
        format!(
            "apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: \"{server}\"}}}}]\n\
             contexts: [{{name: x, context: {{cluster: c}}}}]\ncurrent-context: x\n"
        )
    };
    let with = |name: &str, kubeconfig: &str| {
        json!({ "name": name, "authType": "kubeconfig", "kubeconfig": kubeconfig }).to_string()
    };
    let body = |name: &str, server: &str| with(name, &kubeconfig(server));
    let server = "https://main.reference.invalid:6443";
    let made = succeeds(&admin(&api, "POST", clusters, &body("new", server)));
    assert_eq!(made, json!({ "id": 4, "name": "new", "apiServer": server, "authType": "kubeconfig" }));
    fails(&admin(&api, "POST", clusters, &body("new", server)), Code::AlreadyExists);
    fails(&admin(&api, "POST", clusters, r#"{"name":"x","authType":"kubeconfig"}"#), Code::MissingParameter);
    for (name, server) in [
        ("New", server),
        ("x", "http://10.0.0.1"),
        ("x", "10.0.0.1:6443"),
        ("x", ""),
        ("x", "/x"),
        ("x", "https://"),
    ] {
        fails(&admin(&api, "POST", clusters, &body(name, server)), Code::InvalidParameter);
    }
    for kubeconfig in ["", "{}", "7", "[]", "current-context: y"] {
        fails(&admin(&api, "POST", clusters, &with("x", kubeconfig)), Code::InvalidParameter);
    }
    fails(&admin(&api, "POST", clusters, &with("x", "a: 'b")), Code::InvalidYaml);
    fails(
        &admin(&api, "POST", clusters, &body("x", server).replace(":\"kubeconfig\"", ":\"token\"")),
        Code::InvalidParameter,
    );
    // It connects before it saves.
    fails(&admin(&api, "POST", clusters, &body("x", "https://192.0.2.1:6443")), Code::ClusterUnreachable);
    fails(&dev(&api, "POST", clusters, &body("new", server)), Code::ActionForbidden);
    succeeds(&admin(&api, "GET", "/api/v1/clusters/4", ""));
    fails(&dev(&api, "GET", "/api/v1/clusters/4", ""), Code::ClusterForbidden);
    fails(&dev(&api, "GET", "/api/v1/clusters/999", ""), Code::ClusterNotFound);
    fails(&admin(&api, "GET", "/api/v1/clusters/3/resources/secrets", ""), Code::ClusterUnreachable);
    // Configurations exist even if a cluster does not respond.
    succeeds(&admin(&api, "GET", "/api/v1/clusters/3", ""));
    succeeds(&dev(&api, "GET", "/api/v1/clusters/3", ""));
    fails(&dev(&api, "DELETE", "/api/v1/clusters/4", ""), Code::ClusterForbidden);
    fails(&dev(&api, "DELETE", "/api/v1/clusters/1", ""), Code::ActionForbidden);
    for seeded in [1, 2, 3] {
        fails(&admin(&api, "DELETE", &format!("{clusters}/{seeded}"), ""), Code::ActionForbidden);
    }
    assert_eq!(succeeds(&admin(&api, "DELETE", "/api/v1/clusters/4", "")), Value::Null);
    fails(&admin(&api, "DELETE", "/api/v1/clusters/4", ""), Code::ClusterNotFound);
    // No id is used twice.
    assert_eq!(succeeds(&admin(&api, "POST", clusters, &body("new", server)))["id"], 5);
}

#[test]
fn an_internal_error_is_generic_and_leaves_the_rest_alone() {
    let api = march();
    api.conditions().switch_on("internal-fault");
    for response in [
        dev(&api, "GET", &in_team(CONFIGMAPS), ""),
        dev(&api, "POST", BATCH, r#"[{"resource":"configmaps","namespace":"team-a","name":"x"}]"#),
    ] {
        assert_eq!(fails(&response, Code::Internal)["message"], "Internal server error");
    }
    succeeds(&dev(&api, "GET", "/api/v1/clusters/1", ""));
    succeeds(&dev(&api, "GET", "/api/v1/users/me", ""));
    fails(&dev(&api, "GET", &format!("{CONFIGMAPS}/settings"), ""), Code::MissingParameter);
}

#[test]
fn the_target_file_is_complete() {
    let text = march().target_file("http://127.0.0.1:8080/");
    let file: toml::Table = text.parse().expect("TOML");
    let target = &file["target"]["reference"];
    assert_eq!(file["default_target"].as_str(), Some("reference"));
    assert_eq!(target["url"].as_str(), Some("http://127.0.0.1:8080"));
    for role in ["admin", "developer"] {
        let login = &target["roles"][role]["login"];
        assert_eq!(login["header"].as_str(), Some("Authorization: Bearer ${access_token}"));
        let step = &login["steps"][0];
        assert_eq!(step["json"]["password"].as_str(), Some(password_of(role).as_str()));
        assert_eq!(step["capture"]["access_token"].as_str(), Some("/data/accessToken"));
    }
    assert_eq!(target["roles"]["viewer"]["bearer"].as_str(), Some(VIEWER_TOKEN));
    assert_eq!(target["roles"]["expired"]["bearer"].as_str(), Some(EXPIRED_TOKEN));
    assert_eq!(target["variables"].as_table().map(toml::Table::len), Some(19));
    let begin = target["conditions"]["internal-fault"]["begin"]["request"].as_str();
    assert_eq!(begin, Some("PUT /_reference/conditions/internal-fault"));
}

/// Sends a request for every quirk and compares its codes before and after the quirk is switched on.
#[test]
fn every_quirk_changes_a_response() {
    let (first, _) = standing();
    for quirk in first.quirks().known() {
        let (api, _) = standing();
        let [(user, secret), ..] = TOTP_SECRETS;
        let replayed = code_at(secret, BEGIN);
        succeeds(&verify(&api, &half_login(&api, user), &replayed));
        let pending = half_login(&api, user);
        let refreshed = || {
            let body = json!({ "refreshToken": EXPIRED_REFRESH_TOKEN }).to_string();
            let data = succeeds(&bare(&api, "POST", "/api/v1/auth/refresh", &body));
            get(&api, data["accessToken"].as_str().expect("a token"), "/api/v1/users/me")
        };
        let settings = in_team(&format!("{CONFIGMAPS}/settings"));
        let stale = r#"{"kind":"ConfigMap","metadata":{"name":"settings","resourceVersion":"1"}}"#;
        let item = r#"[{"resource":"secrets","namespace":"team-a","name":"registry"}]"#;
        let fault = || {
            api.conditions().switch_on("internal-fault");
            get(&api, DEVELOPER_TOKEN, &in_team(CONFIGMAPS))
        };
        let ask_it = || match quirk.name {
            "missing-parameter-accepted" => admin(&api, "POST", "/api/v1/clusters", r#"{"name":"new"}"#),
            "malformed-parameter-accepted" => {
                get(&api, DEVELOPER_TOKEN, &format!("{CONFIGMAPS}?namespace=team-a&limit=ten"))
            }
            "lookup-before-parameters" => get(&api, DEVELOPER_TOKEN, &format!("{CONFIGMAPS}/settings")),
            "missing-token-accepted" => bare(&api, "GET", "/api/v1/users/me", ""),
            "expired-token-accepted" => get(&api, EXPIRED_TOKEN, "/api/v1/users/me"),
            "refreshed-token-expired" => refreshed(),
            "two-factor-skipped" => bare(&api, "POST", "/api/v1/auth/login", &login(user, TOTP_PASSWORD)),
            "temporary-token-accepted" => get(&api, &pending, "/api/v1/users/me"),
            "any-totp-code-accepted" => verify(&api, &pending, "000000"),
            "used-totp-code-accepted" => verify(&api, &pending, &replayed),
            "action-permission-not-enforced" => {
                ask(&api, VIEWER_TOKEN, "POST", &in_team(CONFIGMAPS), &configmap("new"))
            }
            "cluster-permission-not-enforced" => {
                get(&api, DEVELOPER_TOKEN, "/api/v1/clusters/2/resources/configmaps?namespace=team-a")
            }
            "namespace-permission-not-enforced" => {
                get(&api, DEVELOPER_TOKEN, &format!("{CONFIGMAPS}?namespace=kube-system"))
            }
            "batch-permission-not-enforced" => dev(&api, "POST", BATCH, item),
            "absent-resource-answered" => {
                get(&api, DEVELOPER_TOKEN, &in_team(&format!("{CONFIGMAPS}/absent")))
            }
            "absent-user-answered" => get(&api, ADMIN_TOKEN, "/api/v1/users/99"),
            "absent-cluster-answered" => get(&api, ADMIN_TOKEN, "/api/v1/clusters/999"),
            "duplicate-accepted" => dev(&api, "POST", &in_team(CONFIGMAPS), &configmap("settings")),
            "stale-version-accepted" => dev(&api, "PUT", &settings, stale),
            "invalid-yaml-accepted" => dev(&api, "POST", &in_team(CONFIGMAPS), "metadata: {name: [unclosed"),
            "dry-run-accepts-everything" => dev(
                &api,
                "POST",
                &in_team(&format!("{DEPLOYMENTS}/dry-run")),
                &deployment(&json!(-1), "web", "web"),
            ),
            "internal-error-leaks-message" | "internal-error-leaks-data" | "http-status-used" => fault(),
            "unreachable-cluster-answered" => {
                get(&api, DEVELOPER_TOKEN, "/api/v1/clusters/3/resources/configmaps?namespace=team-a")
            }
            other => panic!("{other} has no test"),
        };
        let (right, body) = envelope(&ask_it());
        assert!(api.quirks().switch_on(quirk.name));
        let wrong = ask_it();
        let after = wrong.document().expect("JSON");
        match quirk.name {
            "http-status-used" => assert_eq!((right, wrong.status), (50000, 500)),
            "internal-error-leaks-message" => {
                assert!(after["message"].as_str().is_some_and(|text| text.contains("goroutine")))
            }
            "internal-error-leaks-data" => assert!(after["data"]["query"].is_string()),
            "lookup-before-parameters" => assert_eq!((right, &after["code"]), (40001, &json!(40400))),
            "refreshed-token-expired" => assert_eq!((right, &after["code"]), (0, &json!(40101))),
            "batch-permission-not-enforced" => {
                assert_eq!(body["data"][0]["success"], false);
                assert_eq!(after["data"][0]["success"], true);
            }
            name => {
                assert_ne!(right, 0, "{name}: {body}");
                assert_eq!(after["code"], 0, "{name}: {after}");
            }
        }
    }
}

#[test]
fn generic_mutants_find_their_way_around_the_envelope() {
    let api = march();
    let failing = Request::new("GET", "/api/v1/clusters/999").with_bearer(ADMIN_TOKEN);
    let succeeding = Request::new("GET", "/api/v1/clusters").with_bearer(ADMIN_TOKEN);
    let mutants = mutants_of(&api);
    for mutant in mutants.iter().filter(|mutant| mutant.changes_every_error()) {
        let right = api.response(&failing);
        let mut wrong = right.clone();
        mutant.change(&api, &failing, &mut wrong);
        // The media type of this API has a charset already.
        assert_eq!(right == wrong, mutant.id == "charset-added", "{}", mutant.id);
        if !mutant.id.starts_with("always") && mutant.id != "slow" {
            let right = api.response(&succeeding);
            let mut same = right.clone();
            mutant.change(&api, &succeeding, &mut same);
            assert_eq!(right, same, "{} changes a success", mutant.id);
        }
    }
    let ids: HashSet<&str> = mutants.iter().map(|mutant| mutant.id.as_ref()).collect();
    assert_eq!(ids.len(), mutants.len());
    assert!(
        !ids.contains("status-200") && !ids.contains("code-wrong-case") && ids.contains("envelope-flattened")
    );
}

#[test]
fn whatever_is_asked_gets_a_documented_response() {
    ask_at_random(dice::FEW);
}

#[test]
#[ignore = "needs minutes"]
fn whatever_is_asked_for_long_gets_a_documented_response() {
    ask_at_random(dice::MANY);
}

fn ask_at_random(rounds: u32) {
    let paths = [
        "/api/v1/clusters",
        "/api/v1/clusters/1",
        "/api/v1/users",
        "/api/v1/users/me",
        "/api/v1/users/3",
        "/api/v1/auth/login",
        "/api/v1/auth/refresh",
        "/api/v1/auth/2fa/verify",
        CONFIGMAPS,
        DEPLOYMENTS,
        BATCH,
        SCALE,
        "/api/v1/clusters/1/resources/configmaps/x",
        "/api/v1/clusters/1/resources/deployments/web",
        "/api/v1/clusters/3/resources/secrets/x",
        "/api/v1/clusters/1/resources/configmaps/dry-run",
        "/api/v1/clusters/1/resources/deployments/dry-run",
        "/api/v1/clusters/2/resources/secrets",
        "/api/v1/clusters/%zz/resources/secrets",
        "/api/v1/clusters//resources/configmaps/%2F",
        "/nowhere",
    ];
    let queries =
        ["", "?namespace=team-a", "?namespace=team-b", "?namespace=%ff", "?limit=1&page=2", "?%=&&=", "??"];
    let web = deployment(&json!(3), "web", "web");
    let configmap = configmap("x");
    let bodies: [&str; 16] = [
        "",
        "{}",
        "[",
        "\u{0}",
        "a: &a [*a]",
        "kind: ConfigMap\nmetadata: {name: x, namespace: team-a}\ndata: 7",
        "kind: ConfigMap\nmetadata: {name: x, namespace: team-a, resourceVersion: \"1\"}",
        "kind: Deployment\nmetadata: {name: web, namespace: team-a}\nspec: text",
        "spec: {replicas: 3, template: null}",
        "metadata: {labels: 7, annotations: [1]}",
        &web,
        &configmap,
        r#"{"replicas":3,"role":"viewer","name":"n","server":"https://[::1","username":"u","password":"long-enough"}"#,
        r#"{"name":"n","server":"https://h","username":"x","role":"developer","password":"long-enough","tempToken":"t","code":"000000","refreshToken":"r"}"#,
        r#"[{"resource":"configmaps","namespace":"team-a","name":"x"},{"resource":"deployments","namespace":"a","name":""}]"#,
        r#"{"username":"viewer","password":"reference-viewer-password"}"#,
    ];
    let documented: HashSet<u64> =
        Code::ALL.iter().map(|code| u64::from(code.number(Pages::March2026))).collect();
    let first = march();
    let quirks: Vec<&str> = first.quirks().known().iter().map(|quirk| quirk.name).collect();
    let mut dice = Dice::new();
    let mut codes = HashSet::new();
    let mut api = first;
    for round in 0..rounds {
        if round % 200 == 0 {
            api = march();
            // Even if it misbehaves in one way, it must still respond, and in its own form.
            if round % 400 == 0 {
                api.quirks().switch_on(dice.roll(&quirks));
                api.quirks().switch_off("http-status-used");
            }
            if round % 1000 == 0 {
                api.conditions().switch_on("internal-fault");
            }
        }
        let method = dice.roll(&["GET", "POST", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]);
        let target = format!("{}{}", dice.roll(&paths), dice.roll(&queries));
        let token = dice.roll(&[ADMIN_TOKEN, ADMIN_TOKEN, DEVELOPER_TOKEN, VIEWER_TOKEN, EXPIRED_TOKEN]);
        let (code, _) = envelope(&ask(&api, token, method, &target, dice.roll(&bodies)));
        assert!(code == 0 || documented.contains(&code), "{method} {target}: {code}");
        codes.insert(code);
    }
    assert!(rounds < dice::MANY || codes.len() >= 16, "the dice reach too little: {codes:?}");
}
