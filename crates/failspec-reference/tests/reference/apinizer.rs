//! Tests of the reference implementation of the Apinizer Management API against its documentation, without a network.

use std::{collections::HashSet, time::Duration};

use crate::dice::{self, Dice};
use failspec_reference::{
    Api, Request, Response,
    apinizer::{
        Apinizer, BODY_LIMIT, CLIENT_ID, CLIENT_SECRET, Code, EXPIRED_TOKEN, LIMITED_TOKEN, MANAGER_TOKEN,
        REVOKED_TOKEN, SHOP_ONLY_TOKEN, VIEWER_TOKEN,
    },
    mutants_of,
    store::Clock,
};
use jiff::Timestamp;
use serde_json::{Value, json};

const PROJECTS: &str = "/apiops/projects";
const PROXIES: &str = "/apiops/projects/shop/apiProxies";
const GROUPS: &str = "/apiops/projects/shop/apiProxyGroups";
const CREATE: &str = "POST /apiops/projects/shop/apiProxies/url/";
const TOKEN: &str = "/apiops/auth/token";

/// Creates a request from `METHOD target`.
fn request(token: &str, line: &str) -> Request {
    let (method, target) = line.split_once(' ').expect("a method and a target");
    Request::new(method, target).with_bearer(token)
}

fn ask(api: &Apinizer, line: &str) -> Response {
    api.response(&request(MANAGER_TOKEN, line))
}

fn send(api: &Apinizer, line: &str, body: &Value) -> Response {
    api.response(&request(MANAGER_TOKEN, line).with_json(body))
}

fn standing() -> (Apinizer, Clock) {
    let clock = Clock::standing("2026-02-08T15:49:19.296Z".parse::<Timestamp>().expect("a time"));
    (Apinizer::with(clock.clone()), clock)
}

fn proxy(name: &str) -> Value {
    json!({
        "apiProxyName": name,
        "apiProxyCreationType": "REVERSE_PROXY",
        "clientRoute": { "relativePathList": [format!("/{name}")] },
        "routingInfo": { "routingAddressList": [{ "address": "https://backend.example.com" }] },
    })
}

/// Returns the proxy `p` with one field changed; with `null` the field counts as absent.
fn with(field: &str, value: Value) -> Value {
    let mut proxy = proxy("p");
    proxy[field] = value;
    proxy
}

/// Returns the proxy `p` on another path.
fn on(path: &str) -> Value {
    with("clientRoute", json!({ "relativePathList": [path] }))
}

/// Returns the proxy `p` with another backend.
fn to(address: &Value) -> Value {
    with("routingInfo", json!({ "routingAddressList": [{ "address": address }] }))
}

fn group(name: &str) -> Value {
    json!({ "name": name, "clientRoute": { "relativePathList": [format!("/{name}")] } })
}

fn form(text: &str) -> Request {
    Request::new("POST", TOKEN)
        .with_header("Content-Type", "application/x-www-form-urlencoded")
        .with_body(text.to_owned())
}

fn credentials(id: &str, secret: &str) -> Request {
    form(&format!("grant_type=client_credentials&client_id={id}&client_secret={secret}"))
}

/// Checks the whole envelope, not only the code.
#[track_caller]
fn refused(response: &Response, status: u16, code: &str) -> Value {
    let body = response.document().unwrap_or_else(|| panic!("{code}: no JSON in {response:?}"));
    assert_eq!(body["error"], code, "{body}");
    assert_eq!(response.status, status, "{body}");
    assert_eq!(response.header("content-type"), Some("application/json;charset=UTF-8"));
    assert!(body["error_description"].as_str().is_some_and(|text| !text.is_empty()), "{body}");
    assert_eq!(code == "validation_failed", body["validation_errors"].is_array(), "{body}");
    assert_eq!(status == 429, body["retry_after"].as_u64().is_some_and(|seconds| seconds >= 1), "{body}");
    assert_eq!(status == 401, response.header("www-authenticate").is_some());
    assert_eq!(status == 405, response.header("allow").is_some());
    let optional = body.get("validation_errors").is_some() || body.get("retry_after").is_some();
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(2 + usize::from(optional)), "{body}");
    body
}

#[track_caller]
fn fails(response: &Response, code: Code) -> Value {
    refused(response, code.status(), code.as_str())
}

/// Checks that validation fails and lists these fields.
#[track_caller]
fn invalid(response: &Response, fields: &[&str]) {
    let body = fails(response, Code::ValidationFailed);
    let told = body["validation_errors"].as_array().expect("a list");
    let names: Vec<&str> = told.iter().filter_map(|error| error["field"].as_str()).collect();
    assert_eq!(names, fields, "{body}");
    assert!(told.iter().all(|error| error["message"].as_str().is_some_and(|text| !text.is_empty())));
}

#[track_caller]
fn succeeds(response: &Response, status: u16) -> Vec<Value> {
    let body = response.document().unwrap_or_else(|| panic!("no JSON in {response:?}"));
    assert_eq!((response.status, &body["success"]), (status, &json!(true)), "{body}");
    assert_eq!(response.header("content-type"), Some("application/json;charset=UTF-8"));
    let items = body["resultList"].as_array().expect("a list").clone();
    assert_eq!(body["resultCount"], items.len());
    items
}

fn names(items: &[Value]) -> Vec<&str> {
    items.iter().filter_map(|item| item["apiProxyName"].as_str()).collect()
}

#[test]
fn the_page_lists_15_codes() {
    let texts: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!((Code::ALL.len(), texts.len()), (15, 15));
}

#[test]
fn every_documented_code_has_a_request_that_brings_it() {
    let (api, clock) = standing();
    let list = format!("GET {PROXIES}/");
    let mut seen = HashSet::new();
    let mut see = |response: Response, code: Code| {
        fails(&response, code);
        seen.insert(code);
    };
    see(api.response(&request(MANAGER_TOKEN, CREATE).with_body("{\"apiProxyName\":")), Code::BadRequest);
    see(send(&api, CREATE, &with("apiProxyName", Value::Null)), Code::ValidationFailed);
    see(send(&api, CREATE, &with("apiProxyCreationType", json!("NO_SPEC"))), Code::InvalidParameter);
    see(api.response(&credentials(CLIENT_ID, "wrong")), Code::UnauthorizedClient);
    see(api.response(&request("unknown-token-0001", &list)), Code::InvalidToken);
    see(api.response(&request(EXPIRED_TOKEN, &list)), Code::TokenExpired);
    see(api.response(&request(VIEWER_TOKEN, CREATE).with_json(&proxy("p"))), Code::Forbidden);
    see(api.response(&request(SHOP_ONLY_TOKEN, &format!("GET {PROXIES}/payroll/"))), Code::AccessDenied);
    see(ask(&api, &format!("GET {PROJECTS}/absent/apiProxies/")), Code::NotFound);
    see(ask(&api, &format!("GET {PROXIES}/absent/")), Code::ResourceNotFound);
    succeeds(&send(&api, CREATE, &proxy("p")), 201);
    see(send(&api, CREATE, &with("apiProxyName", json!("q"))), Code::Conflict);
    see(send(&api, CREATE, &on("/q")), Code::DuplicateName);
    api.conditions().switch_on("internal-fault");
    see(ask(&api, &list), Code::InternalError);
    see(send(&api, CREATE, &proxy("r")), Code::ServerError);
    api.conditions().switch_all_off();
    let limited = request(LIMITED_TOKEN, &list);
    for _ in 0..5 {
        succeeds(&api.response(&limited), 200);
    }
    let response = api.response(&limited);
    assert_eq!(response.document().map(|body| body["retry_after"].clone()), Some(json!(2)));
    assert_eq!(response.header("retry-after"), Some("2"));
    see(response, Code::RateLimitExceeded);
    clock.advance(Duration::from_secs(2));
    succeeds(&api.response(&limited), 200);
    assert_eq!(seen.len(), Code::ALL.len());
}

#[test]
fn each_way_of_bad_authentication_has_its_code() {
    let api = Apinizer::new();
    let target = format!("{PROJECTS}/");
    fails(&api.response(&Request::new("GET", &target)), Code::UnauthorizedClient);
    for value in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer not a token!",
        "Bearer short",
        "Basic YWJjZGVmZ2hpamtsbW5vcA==",
        MANAGER_TOKEN,
        "Bearer apz_reference_manager_83d2",
    ] {
        let response = api.response(&Request::new("GET", &target).with_header("Authorization", value));
        fails(&response, Code::InvalidToken);
    }
    fails(&api.response(&request(REVOKED_TOKEN, &format!("GET {target}"))), Code::InvalidToken);
    fails(&api.response(&request(EXPIRED_TOKEN, &format!("GET {target}"))), Code::TokenExpired);
    let twice = request(MANAGER_TOKEN, &format!("GET {target}")).with_bearer(MANAGER_TOKEN);
    fails(&api.response(&twice), Code::InvalidToken);
}

#[test]
fn tokens_are_given_out_and_expire() {
    let (api, clock) = standing();
    let give = || {
        let response = api.response(&credentials(CLIENT_ID, CLIENT_SECRET));
        assert_eq!(response.status, 200);
        let body = response.document().expect("JSON");
        assert_eq!(
            (&body["success"], &body["token_type"], &body["expires_in"]),
            (&json!(true), &json!("Bearer"), &json!(3600))
        );
        body["access_token"].as_str().expect("a token").to_owned()
    };
    let (one, other) = (give(), give());
    assert_ne!(one, other);
    for token in [&one, &other] {
        succeeds(
            &api.response(&request(token, CREATE).with_json(&proxy(&format!("p{}", &token[4..12])))),
            201,
        );
    }
    clock.advance(Duration::from_secs(3599));
    succeeds(&api.response(&request(&one, &format!("GET {PROJECTS}"))), 200);
    clock.advance(Duration::from_secs(1));
    fails(&api.response(&request(&one, &format!("GET {PROJECTS}"))), Code::TokenExpired);

    for (id, secret) in [("nobody", CLIENT_SECRET), (CLIENT_ID, "wrong"), (CLIENT_SECRET, CLIENT_ID)] {
        fails(&api.response(&credentials(id, secret)), Code::UnauthorizedClient);
    }
    for text in [
        "",
        "grant_type=client_credentials",
        "grant_type=client_credentials&client_id=&client_secret=x",
        "grant_type=password&client_id=a&client_secret=b",
        "grant_type=client_credentials&client_id=%zz&client_secret=b",
        "client_id=a&client_secret=b",
    ] {
        fails(&api.response(&form(text)), Code::BadRequest);
    }
    let json = Request::new("POST", TOKEN).with_json(
        &json!({ "grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET }),
    );
    fails(&api.response(&json), Code::BadRequest);
    fails(&api.response(&form(&"a".repeat(BODY_LIMIT + 1))), Code::BadRequest);
    fails(&api.response(&form("").with_body(vec![0xff])), Code::BadRequest);
    // Other parts of the request do not matter, and neither does an internal fault.
    api.conditions().switch_on("internal-fault");
    assert_eq!(api.response(&credentials(CLIENT_ID, CLIENT_SECRET).with_bearer(EXPIRED_TOKEN)).status, 200);
    succeeds(&api.response(&Request::new("GET", "/apiops/test/").with_bearer("no token!")), 200);
}

#[test]
fn what_is_wrong_is_judged_in_order() {
    let api = Apinizer::new();
    let strange = |line: &str| {
        let (method, target) = line.split_once(' ').expect("a method and a target");
        api.response(&Request::new(method, target))
    };
    fails(&strange("GET /apiops/nothing/"), Code::NotFound);
    fails(&strange("GET /elsewhere/projects/"), Code::NotFound);
    refused(&strange("PUT /apiops/projects/"), 405, "method_not_allowed");
    fails(&strange(CREATE), Code::UnauthorizedClient);
    // The request itself comes before the project, the project before permissions, and permissions before the
    // contents of the project.
    let shop_only = |line: &str, body: &Value| api.response(&request(SHOP_ONLY_TOKEN, line).with_json(body));
    let billing = "/apiops/projects/billing/apiProxies/";
    invalid(&shop_only(&format!("POST {billing}"), &with("apiProxyName", Value::Null)), &["apiProxyName"]);
    let strange_type = with("apiProxyCreationType", json!("NO_SPEC"));
    fails(&shop_only(&format!("POST {billing}"), &strange_type), Code::InvalidParameter);
    fails(&shop_only("POST /apiops/projects/absent/apiProxies/", &proxy("p")), Code::NotFound);
    fails(&shop_only(&format!("POST {billing}"), &proxy("p")), Code::AccessDenied);
    fails(&shop_only(&format!("GET {billing}absent/"), &json!({})), Code::AccessDenied);
    fails(&shop_only(&format!("DELETE {PROXIES}/payroll/"), &json!({})), Code::AccessDenied);
    let viewer = |line: &str| api.response(&request(VIEWER_TOKEN, line).with_json(&proxy("catalog")));
    fails(&viewer(CREATE), Code::Forbidden);
    fails(&viewer(&format!("DELETE {PROXIES}/absent/")), Code::Forbidden);
    succeeds(&viewer(&format!("GET {PROXIES}/payroll")), 200);
    api.conditions().switch_on("internal-fault");
    fails(&viewer(CREATE), Code::Forbidden);
    fails(&ask(&api, &format!("GET {PROXIES}/absent/")), Code::InternalError);
    fails(&ask(&api, &format!("HEAD {PROJECTS}")), Code::InternalError);
    fails(&ask(&api, &format!("DELETE {PROXIES}/absent/")), Code::ServerError);
}

#[test]
fn a_slash_at_the_end_makes_no_difference_and_methods_are_told() {
    let api = Apinizer::new();
    for path in ["/apiops/test", "/apiops/projects", PROXIES, "/apiops/projects/shop/apiProxies/catalog"] {
        let (without, with) = (ask(&api, &format!("GET {path}")), ask(&api, &format!("GET {path}/")));
        assert_eq!(succeeds(&without, 200), succeeds(&with, 200));
    }
    succeeds(&send(&api, &format!("POST {PROXIES}"), &proxy("a")), 201);
    succeeds(&send(&api, &format!("POST {PROXIES}/url"), &proxy("b")), 201);
    fails(&ask(&api, "GET /apiops/projects//"), Code::NotFound);
    fails(&ask(&api, &format!("GET {PROXIES}//")), Code::ResourceNotFound);
    for (line, allow) in [
        ("GET /apiops/auth/token/", "POST"),
        ("DELETE /apiops/projects/", "GET, HEAD"),
        ("PATCH /apiops/projects/shop/apiProxies/", "GET, HEAD, POST"),
        ("POST /apiops/projects/shop/apiProxies/catalog/", "GET, HEAD, DELETE"),
        ("PUT /apiops/projects/shop/apiProxies/url/", "GET, HEAD, POST, DELETE"),
        ("PUT /apiops/projects/shop/apiProxyGroups/", "GET, HEAD, POST"),
        ("get /apiops/test/", "GET, HEAD"),
    ] {
        let response = ask(&api, line);
        refused(&response, 405, "method_not_allowed");
        assert_eq!(response.header("allow"), Some(allow), "{line}");
    }
}

#[test]
fn every_field_is_judged_and_every_bad_one_told() {
    let api = Apinizer::new();
    let create = |body: &Value| send(&api, CREATE, body);
    invalid(&create(&json!({})), &["apiProxyName", "apiProxyCreationType"]);
    let wrong = json!({
        "apiProxyName": 17,
        "apiProxyCreationType": "CARRIER_PIGEON",
        "specUrl": "x",
        "clientRoute": { "relativePathList": ["p"] },
        "routingInfo": { "routingAddressList": [{ "weight": 100 }] },
        "apiProxyDescription": 1,
    });
    let fields = [
        "apiProxyName",
        "apiProxyCreationType",
        "specUrl",
        "clientRoute.relativePathList",
        "routingInfo.routingAddressList.address",
        "apiProxyDescription",
    ];
    invalid(&create(&wrong), &fields);
    for name in ["", "1a", "-a", "a b", "a.b", "ä", "_a", &"a".repeat(64)] {
        invalid(&create(&with("apiProxyName", json!(name))), &["apiProxyName"]);
    }
    for kind in [json!(null), json!(true)] {
        invalid(&create(&with("apiProxyCreationType", kind)), &["apiProxyCreationType"]);
    }
    // Only the value is wrong.
    for kind in ["reverse_proxy", "NO_SPEC", "REST", ""] {
        fails(&create(&with("apiProxyCreationType", json!(kind))), Code::InvalidParameter);
    }
    // A specification is needed for all but a reverse proxy.
    for kind in ["OPEN_API", "SWAGGER", "WSDL"] {
        invalid(&create(&with("apiProxyCreationType", json!(kind))), &["specUrl"]);
    }
    for (field, value) in
        [("clientRoute", json!([])), ("clientRoute", json!("/p")), ("routingInfo", json!(1))]
    {
        invalid(&create(&with(field, value)), &[field]);
    }
    for list in [json!("/p"), json!([1]), json!([["/p"]])] {
        let body = with("clientRoute", json!({ "relativePathList": list }));
        invalid(&create(&body), &["clientRoute.relativePathList"]);
    }
    for path in ["", "/", "a/b", "/a b", "/a?b", "/ä", &format!("/{}", "a".repeat(121))] {
        invalid(&create(&on(path)), &["clientRoute.relativePathList"]);
    }
    for url in [
        "",
        "backend.example.com",
        "/backend",
        "ftp://x.example",
        "https://",
        "http:x",
        "https://a b/",
        "http://[::1",
        "https:\n//x.example",
    ] {
        invalid(&create(&to(&json!(url))), &["routingInfo.routingAddressList.address"]);
    }
    for body in [&b""[..], b"{", b"[]", b"null", b"\"x\"", b"\xff", b"{}{}"] {
        fails(&api.response(&request(MANAGER_TOKEN, CREATE).with_body(body.to_vec())), Code::BadRequest);
    }
    let long = request(MANAGER_TOKEN, CREATE).with_body(vec![b' '; BODY_LIMIT + 1]);
    fails(&api.response(&long), Code::BadRequest);
    let mut full = on("/a/B_c-9/");
    full["apiProxyDescription"] = json!("what it is for");
    full["surplus"] = json!({ "deep": [1] });
    let created = succeeds(&create(&full), 201);
    assert_eq!(created[0]["apiProxyDescription"], "what it is for");
    assert!(created[0].get("surplus").is_none() && created[0]["created"].is_string());
    assert_eq!(succeeds(&ask(&api, &format!("GET {PROXIES}/p/")), 200), created);
    for (name, path) in [("A", "/x"), (&"a".repeat(63) as &str, &format!("/{}", "a".repeat(120)) as &str)] {
        let body = json!({
            "apiProxyName": name,
            "apiProxyCreationType": "WSDL",
            "specUrl": "https://x.example/wsdl",
            "clientRoute": { "relativePathList": [path] },
            "routingInfo": { "routingAddressList": [{ "address": "HTTP://[::1]:8080/x" }] },
        });
        succeeds(&create(&body), 201);
    }
    // Route and routing are optional.
    succeeds(&create(&json!({ "apiProxyName": "bare", "apiProxyCreationType": "REVERSE_PROXY" })), 201);
}

#[test]
fn names_and_paths_are_unique_in_their_project() {
    let api = Apinizer::new();
    succeeds(&send(&api, CREATE, &proxy("p")), 201);
    // Both are taken: the name is reported.
    fails(&send(&api, CREATE, &proxy("p")), Code::DuplicateName);
    fails(&send(&api, CREATE, &with("apiProxyName", json!("q"))), Code::Conflict);
    // Names and paths are case-sensitive.
    succeeds(&send(&api, CREATE, &proxy("P")), 201);
    fails(&ask(&api, &format!("GET {PROXIES}/Catalog/")), Code::ResourceNotFound);
    // A rejected name reserves no path.
    fails(&send(&api, CREATE, &on("/q")), Code::DuplicateName);
    succeeds(&send(&api, CREATE, &proxy("q")), 201);
    // Names in another project are independent.
    succeeds(&send(&api, "POST /apiops/projects/billing/apiProxies/", &proxy("p")), 201);
    // A deleted name can be used again.
    assert!(succeeds(&ask(&api, &format!("DELETE {PROXIES}/p/")), 200).is_empty());
    fails(&ask(&api, &format!("GET {PROXIES}/p/")), Code::ResourceNotFound);
    fails(&ask(&api, &format!("DELETE {PROXIES}/p/")), Code::ResourceNotFound);
    succeeds(&ask(&api, "GET /apiops/projects/billing/apiProxies/p/"), 200);
    succeeds(&send(&api, CREATE, &proxy("p")), 201);
}

#[test]
fn absent_deleted_and_elsewhere_are_the_same() {
    let api = Apinizer::new();
    succeeds(&send(&api, CREATE, &proxy("gone")), 201);
    succeeds(&ask(&api, &format!("DELETE {PROXIES}/gone/")), 200);
    let never = ask(&api, &format!("GET {PROXIES}/never/"));
    fails(&never, Code::ResourceNotFound);
    for target in [
        format!("{PROXIES}/gone/"),
        format!("{PROXIES}/CATALOG/"),
        format!("{PROXIES}/%zz/"),
        format!("{PROXIES}/cata%2Flog/"),
        "/apiops/projects/billing/apiProxies/catalog/".to_owned(),
    ] {
        assert_eq!(ask(&api, &format!("GET {target}")), never, "{target}");
    }
    succeeds(&ask(&api, &format!("GET {PROXIES}/%63atalog/")), 200);
    fails(&ask(&api, "GET /apiops/projects/SHOP/apiProxies/"), Code::NotFound);
    fails(&ask(&api, "GET /apiops/projects/%ff/apiProxies/"), Code::NotFound);
}

#[test]
fn lists_show_what_one_may_see() {
    let (api, clock) = standing();
    let list = |token: &str, query: &str| {
        succeeds(&api.response(&request(token, &format!("GET {PROXIES}/{query}"))), 200)
    };
    assert_eq!(names(&list(VIEWER_TOKEN, "")), ["catalog", "payroll"]);
    assert_eq!(names(&list(SHOP_ONLY_TOKEN, "")), ["catalog"]);
    let projects = |token: &str| succeeds(&api.response(&request(token, &format!("GET {PROJECTS}"))), 200);
    assert_eq!(projects(MANAGER_TOKEN), [json!({ "name": "billing" }), json!({ "name": "shop" })]);
    assert_eq!(projects(SHOP_ONLY_TOKEN), [json!({ "name": "shop" })]);
    clock.advance(Duration::from_secs(1));
    succeeds(&send(&api, CREATE, &proxy("a")), 201);
    // The operation has no query parameters.
    for query in ["", "?page=abc", "?pageSize=0", "?sort=%ff"] {
        assert_eq!(names(&list(MANAGER_TOKEN, query)), ["a", "catalog", "payroll"], "{query}");
    }
}

#[test]
fn groups_hold_proxies() {
    let api = Apinizer::new();
    let create = |body: &Value| send(&api, &format!("POST {GROUPS}/"), body);
    let members_for = |token: &str| {
        let groups = succeeds(&api.response(&request(token, &format!("GET {GROUPS}/"))), 200);
        let found = groups.iter().find(|group| group["name"] == "g");
        found.expect("the group g")["apiProxies"].clone()
    };
    let members = || members_for(MANAGER_TOKEN);
    invalid(&create(&group("1")), &["name"]);
    invalid(&create(&json!({})), &["name", "clientRoute"]);
    for (route, field) in [
        (json!(null), "clientRoute"),
        (json!("/g"), "clientRoute"),
        (json!({}), "clientRoute.relativePathList"),
        (json!({ "relativePathList": [] }), "clientRoute.relativePathList"),
        (json!({ "relativePathList": [""] }), "clientRoute.relativePathList"),
        (json!({ "relativePathList": ["/"] }), "clientRoute.relativePathList"),
    ] {
        invalid(&create(&json!({ "name": "g", "clientRoute": route })), &[field]);
    }
    // Proxies and groups may have the same name.
    succeeds(&create(&group("catalog")), 201);
    let mut made = group("g");
    made["apiProxies"] = json!([]);
    assert_eq!(succeeds(&create(&group("g")), 201)[0], made);
    fails(&create(&group("g")), Code::Conflict);
    succeeds(&create(&group("G")), 201);
    let (add, remove) = (format!("POST {GROUPS}/g/apiProxies"), format!("DELETE {GROUPS}/g/apiProxies"));
    for _ in 0..2 {
        succeeds(&ask(&api, &format!("{add}/catalog/")), 200);
        assert_eq!(members(), json!(["catalog"]));
    }
    fails(&ask(&api, &format!("{add}/absent/")), Code::ResourceNotFound);
    fails(&ask(&api, &format!("POST {GROUPS}/absent/apiProxies/catalog/")), Code::ResourceNotFound);
    fails(&api.response(&request(VIEWER_TOKEN, &format!("{add}/catalog/"))), Code::Forbidden);
    fails(&api.response(&request(SHOP_ONLY_TOKEN, &format!("{add}/payroll/"))), Code::AccessDenied);
    for _ in 0..2 {
        succeeds(&ask(&api, &format!("{remove}/catalog/")), 200);
        assert_eq!(members(), json!([]));
    }
    // A deleted proxy is removed from its groups.
    succeeds(&send(&api, CREATE, &proxy("p")), 201);
    succeeds(&ask(&api, &format!("{add}/p/")), 200);
    succeeds(&ask(&api, &format!("DELETE {PROXIES}/p/")), 200);
    assert_eq!(members(), json!([]));
    // A restricted proxy is only visible to those who may see it.
    succeeds(&ask(&api, &format!("{add}/payroll/")), 200);
    assert_eq!((members_for(SHOP_ONLY_TOKEN), members()), (json!([]), json!(["payroll"])));
    // Deleting a group frees its proxies.
    assert!(succeeds(&ask(&api, &format!("DELETE {GROUPS}/g/")), 200).is_empty());
    fails(&ask(&api, &format!("DELETE {GROUPS}/g/")), Code::ResourceNotFound);
    succeeds(&ask(&api, &format!("GET {PROXIES}/payroll/")), 200);
}

#[test]
fn only_one_role_is_limited_and_refused_requests_count_nothing() {
    let (api, clock) = standing();
    let limited = |line: &str| api.response(&request(LIMITED_TOKEN, line));
    for _ in 0..5 {
        fails(&limited("GET /apiops/projects/absent/apiProxies"), Code::NotFound);
    }
    clock.advance(Duration::from_millis(1500));
    for _ in 0..20 {
        let body = fails(&limited("GET /apiops/projects/absent/apiProxies"), Code::RateLimitExceeded);
        assert_eq!(body["retry_after"], 1);
    }
    // The route comes before the rate limit, and an operation without a token has no limit.
    fails(&limited("GET /apiops/nothing"), Code::NotFound);
    succeeds(&limited("GET /apiops/test"), 200);
    clock.advance(Duration::from_millis(500));
    succeeds(&limited(&format!("GET {PROXIES}")), 200);
    for _ in 0..200 {
        succeeds(&ask(&api, &format!("GET {PROXIES}")), 200);
    }
}

/// Returns requests that make the effect of each quirk visible: the last response must differ.
fn scene(quirk: &str) -> Vec<Request> {
    let manager = |line: &str| request(MANAGER_TOKEN, line);
    let create = |body: &Value| manager(CREATE).with_json(body);
    let list = format!("GET {PROXIES}");
    let limited = |times: usize| vec![request(LIMITED_TOKEN, &list); times];
    match quirk {
        "bad-client-credentials-accepted" => vec![credentials(CLIENT_ID, "wrong")],
        "missing-token-accepted" => vec![Request::new("GET", PROXIES)],
        "malformed-token-accepted" => vec![request("not a token!", &list)],
        "unknown-token-accepted" => vec![request("unknown-token-0001", &list)],
        "expired-token-accepted" | "other-code-of-expired-token" => vec![request(EXPIRED_TOKEN, &list)],
        "revoked-token-accepted" => vec![request(REVOKED_TOKEN, &list)],
        "project-permission-not-enforced" => {
            vec![request(SHOP_ONLY_TOKEN, "GET /apiops/projects/billing/apiProxies")]
        }
        "role-not-enforced" | "other-code-of-403" => {
            vec![request(VIEWER_TOKEN, CREATE).with_json(&proxy("p"))]
        }
        "restriction-not-enforced" => vec![request(SHOP_ONLY_TOKEN, &format!("GET {PROXIES}/payroll"))],
        // The seventh request is sent after waiting.
        "still-limited-after-waiting" => limited(7),
        "rate-limit-not-enforced"
        | "limit-without-retry-after-field"
        | "retry-after-field-as-text"
        | "retry-after-field-negative"
        | "retry-after-field-disagrees"
        | "retry-after-header-left-out" => limited(6),
        "unusable-body-accepted" => vec![manager(CREATE).with_body("{")],
        "missing-field-accepted"
        | "validation-errors-misshapen"
        | "validation-errors-left-out"
        | "other-code-of-400" => vec![create(&with("apiProxyName", Value::Null))],
        "wrong-type-accepted" => vec![create(&with("apiProxyDescription", json!(17)))],
        "invalid-value-accepted" => vec![create(&with("apiProxyCreationType", json!("CARRIER_PIGEON")))],
        "rule-violation-accepted" => vec![create(&on("p"))],
        "absent-project-is-empty" => vec![manager("GET /apiops/projects/absent/apiProxies")],
        "deleted-proxy-found" => vec![
            create(&proxy("p")),
            manager(&format!("DELETE {PROXIES}/p")),
            manager(&format!("GET {PROXIES}/p")),
        ],
        "proxy-of-other-project-found" => vec![manager("GET /apiops/projects/billing/apiProxies/catalog")],
        "names-case-insensitive" => vec![manager(&format!("GET {PROXIES}/Catalog"))],
        "absent-deleted" | "other-code-of-404" => vec![manager(&format!("DELETE {PROXIES}/absent"))],
        "absent-group-filled" => vec![manager(&format!("POST {GROUPS}/absent/apiProxies/catalog"))],
        "duplicate-name-accepted" | "other-code-of-409" => {
            vec![create(&proxy("p")), create(&on("/q"))]
        }
        "unique-constraint-ignored" => vec![create(&proxy("p")), create(&with("apiProxyName", json!("q")))],
        "internal-fault-hidden" | "internal-fault-leaks" | "other-code-of-500" => vec![manager(&list)],
        other => panic!("no scene for {other}"),
    }
}

fn play(quirk: &str, on: bool) -> Response {
    let (api, clock) = standing();
    if on {
        assert!(api.quirks().switch_on(quirk));
    }
    if quirk.starts_with("internal-fault") || quirk == "other-code-of-500" {
        assert!(api.conditions().switch_on("internal-fault"));
    }
    let requests = scene(quirk);
    let mut response = Response::empty(0);
    for (at, request) in requests.iter().enumerate() {
        if quirk == "still-limited-after-waiting" && at + 1 == requests.len() {
            clock.advance(Duration::from_secs(2));
        }
        response = api.response(request);
    }
    response
}

#[test]
fn every_quirk_changes_a_response() {
    let api = Apinizer::new();
    for quirk in api.quirks().known() {
        let right = play(quirk.name, false);
        assert_eq!(right, play(quirk.name, false), "{} is not what makes the difference", quirk.name);
        let wrong = play(quirk.name, true);
        assert_ne!(right, wrong, "{}", quirk.name);
        if ["-accepted", "-enforced", "-found", "-ignored", "-insensitive"]
            .iter()
            .any(|end| quirk.name.ends_with(end))
        {
            assert!(right.status >= 400 && wrong.status < 300, "{}: {wrong:?}", quirk.name);
        }
        if api.harmless_quirks().contains(&quirk.name) {
            assert_eq!(right.status, wrong.status, "{}", quirk.name);
        }
    }
}

#[test]
fn mutants_have_names_of_their_own_and_know_what_is_harmless() {
    let api = Apinizer::new();
    let mutants = mutants_of(&api);
    let names: HashSet<&str> = mutants.iter().map(|mutant| mutant.id.as_ref()).collect();
    assert_eq!(names.len(), mutants.len());
    for mutant in mutants.iter().filter(|mutant| mutant.quirk().is_some()) {
        assert_eq!(mutant.harmless, api.harmless_quirks().contains(&mutant.id.as_ref()), "{}", mutant.id);
    }
}

#[test]
fn the_target_file_is_complete() {
    let text = Apinizer::new().target_file("http://127.0.0.1:8080/");
    let file: toml::Table = text.parse().expect("TOML");
    let target = &file["target"]["reference"];
    assert_eq!(target["url"].as_str(), Some("http://127.0.0.1:8080"));
    for (role, token) in [
        ("manager", MANAGER_TOKEN),
        ("viewer", VIEWER_TOKEN),
        ("shop_only", SHOP_ONLY_TOKEN),
        ("expired", EXPIRED_TOKEN),
        ("revoked", REVOKED_TOKEN),
        ("limited", LIMITED_TOKEN),
    ] {
        assert_eq!(target["roles"][role]["bearer"].as_str(), Some(token));
    }
    assert_eq!(target["variables"].as_table().map(toml::Table::len), Some(9));
    assert_eq!(target["variables"]["client_secret"].as_str(), Some(CLIENT_SECRET));
    let begin = target["conditions"]["internal-fault"]["begin"]["request"].as_str();
    assert_eq!(begin, Some("PUT /_reference/conditions/internal-fault"));
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
    let (api, clock) = standing();
    let documented: HashSet<(u16, &str)> =
        Code::ALL.iter().map(|code| (code.status(), code.as_str())).collect();
    let projects = ["shop", "shop", "shop", "billing", "absent", "", "%ff", "SHOP"];
    let paths = [
        "",
        "/",
        "/apiProxies",
        "/apiProxies/",
        "/apiProxies/url/",
        "/apiProxies/a",
        "/apiProxies/payroll/",
        "/apiProxies/%",
        "/apiProxyGroups/",
        "/apiProxyGroups/g/",
        "/apiProxyGroups/g/apiProxies/a/",
        "/apiProxyGroups/g/apiProxies/..",
        "/x",
    ];
    let queries = ["", "", "", "?page=2", "?page=x", "?%", "?sort=created", "??", "?&&=&="];
    let bodies: [&[u8]; 8] = [
        b"",
        b"{}",
        b"[",
        b"\xff",
        br#"{"apiProxyName":"a","apiProxyCreationType":"REVERSE_PROXY","clientRoute":{"relativePathList":["/a"]}}"#,
        br#"{"apiProxyName":"b","apiProxyCreationType":"REVERSE_PROXY","clientRoute":{"relativePathList":["/a"]}}"#,
        br#"{"name":"g","clientRoute":{"relativePathList":["/g"]}}"#,
        br#"{"apiProxyName":"\u0000"}"#,
    ];
    let tokens = [
        MANAGER_TOKEN,
        MANAGER_TOKEN,
        MANAGER_TOKEN,
        VIEWER_TOKEN,
        SHOP_ONLY_TOKEN,
        EXPIRED_TOKEN,
        LIMITED_TOKEN,
        "?",
    ];
    let mut dice = Dice::new();
    let mut codes = HashSet::new();
    for round in 0..rounds {
        if round % 50 == 0 {
            api.conditions().switch_all_off();
            api.conditions().switch_on(dice.roll(&["internal-fault", "none", "none"]));
        }
        clock.advance(Duration::from_millis(20));
        let target =
            format!("{PROJECTS}/{}{}{}", dice.roll(&projects), dice.roll(&paths), dice.roll(&queries));
        let method = dice.roll(&["GET", "POST", "POST", "DELETE", "HEAD", "PUT", ""]);
        let request = Request::new(method, &target)
            .with_bearer(dice.roll(&tokens))
            .with_body(dice.roll(&bodies).to_vec());
        let response = api.response(&request);
        if response.status < 300 {
            succeeds(&response, response.status);
            continue;
        }
        let code = response.document().expect("JSON")["error"].as_str().expect("a code").to_owned();
        let known = documented.contains(&(response.status, code.as_str())) || code == "method_not_allowed";
        assert!(known, "{request:?} {response:?}");
        refused(&response, response.status, &code);
        codes.insert(code);
    }
    assert!(rounds < dice::MANY || codes.len() >= 13, "the dice reach too little: {codes:?}");
}
