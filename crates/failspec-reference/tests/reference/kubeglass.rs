//! Tests of the reference implementation of KubeGlass against its documentation, mostly without a network.

use std::{collections::HashSet, net::IpAddr, time::Duration};

use crate::dice::{self, Dice};
use failspec_reference::{
    Api, Request, Response,
    kubeglass::{
        ADMIN_TOKEN, BODY_LIMIT, Code, EDITOR_TOKEN, EXPIRED_TOKEN, Kubeglass, MUTATION_LIMIT, REVOKED_TOKEN,
    },
    store::Clock,
};
use serde_json::{Value, json};

const CONFIGMAPS: &str = "/api/v1/namespaces/default/configmaps";

fn ask(api: &Kubeglass, token: &str, method: &str, target: &str, body: Option<Value>) -> Response {
    let request = Request::new(method, target).with_bearer(token);
    api.response(&match body {
        Some(body) => request.with_json(&body),
        None => request,
    })
}

fn editor(api: &Kubeglass, method: &str, target: &str) -> Response {
    ask(api, EDITOR_TOKEN, method, target, None)
}

fn editor_json(api: &Kubeglass, method: &str, target: &str, body: Value) -> Response {
    ask(api, EDITOR_TOKEN, method, target, Some(body))
}

fn admin_json(api: &Kubeglass, method: &str, target: &str, body: Value) -> Response {
    ask(api, ADMIN_TOKEN, method, target, Some(body))
}

fn editor_bytes(api: &Kubeglass, method: &str, target: &str, body: impl Into<Vec<u8>>) -> Response {
    api.response(&Request::new(method, target).with_bearer(EDITOR_TOKEN).with_body(body.into()))
}

/// Checks the whole envelope, not only the code.
#[track_caller]
fn fails(response: &Response, code: Code) {
    let body = response.document().unwrap_or_else(|| panic!("{code:?}: no JSON in {response:?}"));
    assert_eq!(body["error"], code.as_str(), "{body}");
    assert_eq!(response.status, code.status(), "{body}");
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{body}");
    assert!(body["requestId"].as_str().is_some_and(|id| !id.is_empty()), "{body}");
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(3), "{body}");
}

#[track_caller]
fn succeeds(response: &Response) -> Value {
    let text = String::from_utf8_lossy(&response.body).into_owned();
    assert!((200..300).contains(&response.status), "{} {text}", response.status);
    let body = response.document().unwrap_or_else(|| panic!("no JSON in {text}"));
    assert!(body.get("data").is_some(), "{text}");
    body
}

fn configmap(name: &str) -> Value {
    json!({ "metadata": { "name": name }, "data": { "k": "1" } })
}

fn version_of(response: &Response) -> String {
    let body = succeeds(response);
    body["data"]["metadata"]["resourceVersion"].as_str().expect("a version").to_owned()
}

fn contexts(count: usize) -> Value {
    json!({ "contexts": vec!["primary"; count] })
}

fn copy(from: &str, to: &str, name: &str) -> Value {
    json!({
        "source": { "context": from, "namespace": "default", "name": name },
        "target": { "context": to, "namespace": "default", "name": name },
    })
}

#[test]
fn the_page_lists_36_codes() {
    assert_eq!(Code::ALL.len(), 36);
    let texts: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(texts.len(), 36);
}

#[test]
fn every_documented_code_has_a_request_that_brings_it() {
    let mut seen: HashSet<String> = HashSet::new();
    let mut see = |response: Response, code: Code| {
        fails(&response, code);
        seen.insert(code.as_str().to_owned());
    };
    let api = Kubeglass::new();
    let scale = "/api/v1/namespaces/default/deployments/web/scale";
    let rollback = "/api/v1/helm/releases/default/web/rollback";
    succeeds(&editor_json(&api, "POST", CONFIGMAPS, configmap("here")));

    see(editor(&api, "GET", &format!("{CONFIGMAPS}/absent")), Code::NotFound);
    let namespace = json!({ "metadata": { "name": "new" } });
    see(editor_json(&api, "POST", "/api/v1/namespaces", namespace), Code::Forbidden);
    see(api.response(&Request::new("GET", "/api/v1/namespaces")), Code::Unauthorized);
    see(
        editor_json(
            &api,
            "PUT",
            &format!("{CONFIGMAPS}/here"),
            json!({ "metadata": { "name": "here", "resourceVersion": "1" } }),
        ),
        Code::Conflict,
    );
    see(editor_json(&api, "POST", CONFIGMAPS, configmap("here")), Code::AlreadyExists);
    see(editor(&api, "POST", CONFIGMAPS), Code::BadRequest);
    see(editor(&api, "PATCH", CONFIGMAPS), Code::MethodNotAllowed);
    see(editor(&api, "GET", &format!("{CONFIGMAPS}?limit=0")), Code::InvalidParameter);
    see(editor(&api, "GET", "/api/v1/namespaces//configmaps"), Code::MissingPathParam);
    see(editor(&api, "GET", "/api/v1/search"), Code::MissingQueryParam);
    see(editor(&api, "GET", "/api/v1/namespaces/Default/configmaps"), Code::InvalidNamespace);
    see(editor_json(&api, "POST", CONFIGMAPS, configmap("Not_A_Name")), Code::InvalidName);
    see(editor(&api, "GET", "/api/v1/resources/core/1/configmaps"), Code::InvalidPathParams);
    see(
        editor_json(&api, "POST", "/api/v1/helm/repositories", json!({ "name": "x", "url": "stable" })),
        Code::InvalidInput,
    );
    see(editor_bytes(&api, "POST", CONFIGMAPS, "[]"), Code::InvalidBody);
    see(editor_bytes(&api, "POST", CONFIGMAPS, "{"), Code::InvalidJson);
    see(editor_bytes(&api, "POST", CONFIGMAPS, "{}"), Code::MissingField);
    see(editor_json(&api, "PUT", scale, json!({ "replicas": -1 })), Code::InvalidField);
    see(editor_bytes(&api, "POST", CONFIGMAPS, vec![b' '; BODY_LIMIT + 1]), Code::BodyTooLarge);
    see(
        editor(&api, "DELETE", &format!("{CONFIGMAPS}/here?propagationPolicy=Later")),
        Code::InvalidPropagation,
    );
    see(editor(&api, "GET", "/api/v1/contexts/nowhere"), Code::ContextNotFound);
    see(
        editor_json(&api, "POST", "/api/v1/contexts/switch", json!({ "context": "dangling" })),
        Code::InvalidContext,
    );
    see(
        editor_json(&api, "POST", "/api/v1/cross-cluster/copy", copy("primary", "restricted", "here")),
        Code::InsufficientPermissions,
    );
    see(
        editor_json(
            &api,
            "POST",
            "/api/v1/helm/releases",
            json!({ "name": "other", "namespace": "default", "chart": "no/such-chart" }),
        ),
        Code::HelmError,
    );
    see(editor_json(&api, "POST", rollback, json!({ "revision": 0 })), Code::InvalidRevision);
    succeeds(&editor(&api, "POST", "/api/v1/nodes/node-1/drain"));
    see(editor(&api, "POST", "/api/v1/nodes/node-1/drain"), Code::DrainInProgress);
    see(editor_json(&api, "POST", "/api/v1/cross-cluster/query", contexts(51)), Code::TooManyContexts);

    let mut under = |condition: &str, request: Request, code: Code| {
        let request = request.with_bearer(EDITOR_TOKEN);
        let before = api.response(&request);
        assert!(before.status < 300, "{condition}: {before:?}");
        assert!(api.conditions().switch_on(condition), "{condition}");
        see(api.response(&request), code);
        assert!(api.conditions().switch_off(condition));
        let after = api.response(&request);
        assert!(after.status < 300, "{condition}: {after:?}");
    };
    let list = || Request::new("GET", CONFIGMAPS);
    let switch = Request::new("POST", "/api/v1/contexts/switch").with_json(&json!({ "context": "primary" }));
    let copying = || {
        Request::new("POST", "/api/v1/cross-cluster/copy").with_json(&copy("primary", "secondary", "here"))
    };
    under("kubernetes-unreachable", list(), Code::ApiUnreachable);
    under("deadline-exceeded", list(), Code::Timeout);
    under("internal-fault", list(), Code::InternalError);
    under("context-switch-fails", switch, Code::ContextSwitchFailed);
    under("kubeconfig-unreadable", Request::new("GET", "/api/v1/contexts"), Code::ContextListFailed);
    under("source-cluster-unreachable", copying(), Code::SourceFetchFailed);
    under("target-cluster-unreachable", copying(), Code::TargetFetchFailed);
    under("helm-missing", Request::new("GET", "/api/v1/helm/releases"), Code::HelmNotFound);
    under("metrics-unreachable", Request::new("GET", "/api/v1/metrics/nodes"), Code::DependencyUnavailable);

    let all: HashSet<String> = Code::ALL.iter().map(|code| code.as_str().to_owned()).collect();
    assert_eq!(seen, all);
}

#[test]
fn request_ids_are_all_different() {
    let api = Kubeglass::new();
    let ids: HashSet<String> = (0..1000)
        .map(|_| {
            let body = editor(&api, "GET", "/api/v1/nope").document().expect("JSON");
            body["requestId"].as_str().expect("an id").to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 1000);
}

#[test]
fn namespaces_are_labels() {
    let api = Kubeglass::new();
    let create =
        |name: &str| admin_json(&api, "POST", "/api/v1/namespaces", json!({ "metadata": { "name": name } }));
    for good in ["a", "0", "a-b", "team-1", &"a".repeat(63)] {
        assert_eq!(create(good).status, 201, "{good}");
        succeeds(&editor(&api, "GET", &format!("/api/v1/namespaces/{good}")));
    }
    for bad in ["", "-a", "a-", "A", "a.b", "a_b", "ä", "a b", "a/b", "a\u{0}", "a\n", &"a".repeat(64)] {
        fails(&create(bad), Code::InvalidNamespace);
    }
    fails(&create("a"), Code::AlreadyExists);
    let wrong = admin_json(&api, "POST", "/api/v1/namespaces", json!({ "metadata": { "name": 5 } }));
    fails(&wrong, Code::InvalidField);
    let absent = admin_json(&api, "POST", "/api/v1/namespaces", json!({ "metadata": { "name": null } }));
    fails(&absent, Code::MissingField);
    let fine =
        ask(&api, EDITOR_TOKEN, "POST", "/api/v1/namespaces", Some(json!({ "metadata": { "name": "zz" } })));
    fails(&fine, Code::Forbidden);
}

#[test]
fn deleting_a_namespace_takes_what_is_in_it() {
    let api = Kubeglass::new();
    admin_json(&api, "POST", "/api/v1/namespaces", json!({ "metadata": { "name": "team" } }));
    succeeds(&editor_json(&api, "POST", "/api/v1/namespaces/team/configmaps", configmap("x")));
    succeeds(&ask(&api, ADMIN_TOKEN, "DELETE", "/api/v1/namespaces/team", None));
    fails(&ask(&api, ADMIN_TOKEN, "DELETE", "/api/v1/namespaces/team", None), Code::NotFound);
    fails(&editor(&api, "GET", "/api/v1/namespaces/team/configmaps"), Code::NotFound);
    admin_json(&api, "POST", "/api/v1/namespaces", json!({ "metadata": { "name": "team" } }));
    fails(&editor(&api, "GET", "/api/v1/namespaces/team/configmaps/x"), Code::NotFound);
    fails(&ask(&api, ADMIN_TOKEN, "DELETE", "/api/v1/namespaces/default", None), Code::Forbidden);
}

#[test]
fn other_names_are_subdomains() {
    let api = Kubeglass::new();
    let create = |name: &str| editor_json(&api, "POST", CONFIGMAPS, configmap(name));
    for good in
        ["a", "a.b", "0.1", "a-b.c", &"a".repeat(64), &"a".repeat(253), &format!("{}.b", "a".repeat(251))]
    {
        assert_eq!(create(good).status, 201, "{good}");
    }
    for bad in
        ["", ".", "a.", ".a", "a..b", "a.-b", "a-.b", "a-", "-a", "A", "a_b", "a b", "ß", &"a".repeat(254)]
    {
        fails(&create(bad), Code::InvalidName);
    }
    fails(&editor(&api, "GET", &format!("{CONFIGMAPS}/{}", "a".repeat(254))), Code::InvalidName);
}

#[test]
fn paths_are_decoded_by_segment() {
    let api = Kubeglass::new();
    succeeds(&editor_json(&api, "POST", CONFIGMAPS, configmap("cm-1")));
    succeeds(&editor(&api, "GET", &format!("{CONFIGMAPS}/c%6D-1")));
    succeeds(&editor(&api, "GET", "/api/v1/namespaces/%64efault/configmap%73/cm-1"));
    fails(&editor(&api, "GET", &format!("{CONFIGMAPS}/cm%2F1")), Code::InvalidName);
    fails(&editor(&api, "GET", &format!("{CONFIGMAPS}/cm%00")), Code::InvalidName);
    fails(&editor(&api, "GET", "/api/v1/namespaces/default%2Fconfigmaps"), Code::InvalidNamespace);
    for broken in ["%", "%4", "%zz", "%ff", "%C3%28", "a%+1"] {
        fails(&editor(&api, "GET", &format!("{CONFIGMAPS}/{broken}")), Code::BadRequest);
    }
    fails(&editor(&api, "GET", "/api/v1/name%zzspaces"), Code::NotFound);
    fails(&editor(&api, "GET", &format!("{CONFIGMAPS}/..")), Code::InvalidName);
}

#[test]
fn an_empty_segment_is_a_missing_parameter() {
    let api = Kubeglass::new();
    let missing = [
        ("GET", "/api/v1/namespaces/"),
        ("GET", "/api/v1/namespaces//configmaps"),
        ("GET", "/api/v1/namespaces/default/configmaps/"),
        ("GET", "/api/v1/namespaces//configmaps/"),
        ("GET", "/api/v1/events/"),
        ("GET", "/api/v1/resources/core//configmaps"),
        ("POST", "/api/v1/nodes//drain"),
        ("DELETE", "/api/v1/helm/releases//web"),
        ("GET", "/api/v1/contexts/"),
        ("GET", "/api/v1/metrics/"),
    ];
    for (method, path) in missing {
        fails(&editor(&api, method, path), Code::MissingPathParam);
    }
    for nowhere in
        ["", "/", "/api/v1", "/api/v1/", "//api/v1/namespaces", "/api/v1/search/", "/api/v2/namespaces", "*"]
    {
        fails(&editor(&api, "GET", nowhere), Code::NotFound);
    }
}

#[test]
fn a_known_path_tells_its_methods() {
    let api = Kubeglass::new();
    let allow = |method: &str, path: &str| {
        let response = api.response(&Request::new(method, path));
        fails(&response, Code::MethodNotAllowed);
        response.header("allow").expect("Allow").to_owned()
    };
    assert_eq!(allow("PATCH", "/api/v1/namespaces"), "GET, HEAD, POST, OPTIONS");
    assert_eq!(allow("BREW", "/api/v1/search"), "GET, HEAD, OPTIONS");
    assert_eq!(allow("get", "/api/v1/search"), "GET, HEAD, OPTIONS");
    assert_eq!(allow("PUT", "/api/v1/contexts/switch"), "GET, HEAD, POST, OPTIONS");
    assert_eq!(allow("HEAD", "/api/v1/cross-cluster/copy"), "POST, OPTIONS");
    assert_eq!(allow("TRACE", "/api/v1/namespaces//configmaps"), "GET, HEAD, POST, OPTIONS");
    fails(&api.response(&Request::new("PATCH", "/api/v1/nope")), Code::NotFound);
    let options = api.response(&Request::new("OPTIONS", "/api/v1/nodes/node-1/drain"));
    assert_eq!((options.status, options.header("allow")), (204, Some("POST, DELETE, OPTIONS")));
    assert_eq!(editor(&api, "HEAD", "/api/v1/namespaces").status, 200);
    fails(&editor(&api, "GET", "/api/v1/contexts/switch"), Code::ContextNotFound);
}

#[test]
fn authentication_comes_before_everything_but_the_route() {
    let api = Kubeglass::new();
    let with = |value: &str| {
        api.response(&Request::new("GET", "/api/v1/namespaces").with_header("Authorization", value))
    };
    for bad in [
        "",
        "Bearer",
        "Bearer ",
        "Bearer nobody",
        &format!("Basic {EDITOR_TOKEN}"),
        EDITOR_TOKEN,
        &format!("Bearer {EXPIRED_TOKEN}"),
        &format!("Bearer {REVOKED_TOKEN}"),
        &format!("Bearer {EDITOR_TOKEN}x"),
        &format!("Bearer {}", EDITOR_TOKEN.to_uppercase()),
    ] {
        let response = with(bad);
        fails(&response, Code::Unauthorized);
        assert_eq!(response.header("www-authenticate"), Some("Bearer"));
    }
    succeeds(&with(&format!("bearer {EDITOR_TOKEN}")));
    let twice = Request::new("GET", "/api/v1/namespaces").with_bearer(EDITOR_TOKEN).with_bearer(ADMIN_TOKEN);
    fails(&api.response(&twice), Code::Unauthorized);
    let large = Request::new("POST", CONFIGMAPS).with_body(vec![b'x'; BODY_LIMIT + 1]);
    fails(&api.response(&large), Code::Unauthorized);
    fails(
        &api.response(&Request::new("GET", "/api/v1/namespaces/BAD/configmaps?limit=x")),
        Code::Unauthorized,
    );
    fails(&api.response(&Request::new("GET", "/nope")), Code::NotFound);
}

#[test]
fn bodies_fail_by_syntax_shape_or_field() {
    let api = Kubeglass::new();
    let post = |body: &[u8]| editor_bytes(&api, "POST", CONFIGMAPS, body);
    fails(&post(b""), Code::BadRequest);
    for syntax in
        ["{", "nope", " ", "{'a':1}", "{\"a\":1,}", "{}{}", "NaN", "name=x", "\u{feff}{}", "{\"a\":01}"]
    {
        fails(&post(syntax.as_bytes()), Code::InvalidJson);
    }
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(500), "]".repeat(500));
    for shape in ["[]", "\"text\"", "1", "true", "null", "{\"a\":1e999}", "{\"a\":\"\\ud800\"}", &deep] {
        fails(&post(shape.as_bytes()), Code::InvalidBody);
    }
    fails(&post(b"{\"metadata\":{\"name\":\"\xff\"}}"), Code::InvalidBody);
    for missing in
        ["{}", "{\"metadata\":null}", "{\"metadata\":{}}", "{\"metadata\":{\"name\":null}}", "{\"data\":1}"]
    {
        fails(&post(missing.as_bytes()), Code::MissingField);
    }
    let with = |data: Value| {
        editor_json(&api, "POST", CONFIGMAPS, json!({ "metadata": { "name": "f" }, "data": data }))
    };
    for field in
        [json!({ "k": 1 }), json!({ "k": null }), json!({ "k": {} }), json!([]), json!("k"), json!(0)]
    {
        fails(&with(field), Code::InvalidField);
    }
    fails(&post(b"{\"metadata\":[]}"), Code::InvalidField);
    fails(&post(b"{\"metadata\":{\"name\":1}}"), Code::InvalidField);
    fails(&post(br#"{"metadata":{"name":"f","namespace":"other"}}"#), Code::InvalidField);
    succeeds(&with(json!({ "k": "ü", "empty": "" })));
    succeeds(&post(br#"{"metadata":{"name":"g"}, "unknown": 1}"#));
    fails(&editor_json(&api, "POST", "/api/v1/namespaces/absent/configmaps", configmap("x")), Code::NotFound);
}

#[test]
fn one_mebibyte_is_the_limit() {
    let api = Kubeglass::new();
    let body = |size: usize| {
        let mut body = configmap("large").to_string().into_bytes();
        body.resize(size, b' ');
        body
    };
    fails(&editor_bytes(&api, "POST", CONFIGMAPS, body(BODY_LIMIT + 1)), Code::BodyTooLarge);
    assert_eq!(editor_bytes(&api, "POST", CONFIGMAPS, body(BODY_LIMIT)).status, 201);
    fails(
        &editor_bytes(&api, "POST", "/api/v1/namespaces/BAD/configmaps", body(BODY_LIMIT + 1)),
        Code::BodyTooLarge,
    );
}

#[test]
fn limits_go_from_1_to_1000() {
    let api = Kubeglass::new();
    let with = |query: &str| editor(&api, "GET", &format!("{CONFIGMAPS}?{query}"));
    for good in
        ["", "limit=1", "limit=1000", "limit=100", "limit=%31", "other=x", "limit=007", "limit=5&limit=0"]
    {
        succeeds(&with(good));
    }
    for bad in [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=abc",
        "limit=1e3",
        "limit=",
        "limit",
        "limit=1.0",
        "limit=+1",
        "limit=%2B1",
        "limit=1%20",
        "limit=99999999999999999999999",
        "limit=%D9%A1",
    ] {
        fails(&with(bad), Code::InvalidParameter);
    }
    fails(&with("limit=%zz"), Code::BadRequest);
    fails(&editor(&api, "GET", "/api/v1/namespaces?limit=0"), Code::InvalidParameter);
}

#[test]
fn lists_continue_where_they_ended() {
    let api = Kubeglass::new();
    for number in 0..5 {
        succeeds(&editor_json(&api, "POST", CONFIGMAPS, configmap(&format!("cm-{number}"))));
    }
    let mut names = Vec::new();
    let mut target = format!("{CONFIGMAPS}?limit=2");
    let mut token = String::new();
    loop {
        let body = succeeds(&editor(&api, "GET", &target));
        assert_eq!(body["total"], 5);
        for row in body["data"].as_array().expect("rows") {
            names.push(row["metadata"]["name"].as_str().expect("a name").to_owned());
        }
        let Some(next) = body["continue"].as_str() else {
            break;
        };
        token = next.to_owned();
        target = format!("{CONFIGMAPS}?limit=2&continue={token}");
    }
    assert_eq!(names, ["cm-0", "cm-1", "cm-2", "cm-3", "cm-4"]);
    let exact = succeeds(&editor(&api, "GET", &format!("{CONFIGMAPS}?limit=5")));
    assert!(exact.get("continue").is_none());

    let with = |query: &str| editor(&api, "GET", &format!("{CONFIGMAPS}?{query}"));
    for made_up in ["continue=abc", "continue=", "continue=Y20tMQ", &format!("continue={token}x")] {
        fails(&with(made_up), Code::InvalidParameter);
    }
    fails(&editor(&api, "GET", &format!("/api/v1/namespaces?continue={token}")), Code::InvalidParameter);
    succeeds(&with("resourceVersion=1001"));
    fails(&with("resourceVersion=new"), Code::InvalidParameter);
    succeeds(&with(&format!("continue={token}")));
    fails(&with(&format!("continue={token}&resourceVersion=1001")), Code::BadRequest);
}

#[test]
fn updates_are_for_one_version_or_for_any() {
    let api = Kubeglass::new();
    let target = format!("{CONFIGMAPS}/cm");
    let put = |version: Value| {
        let body = json!({ "metadata": { "name": "cm", "resourceVersion": version }, "data": { "k": "2" } });
        editor_json(&api, "PUT", &target, body)
    };
    fails(&put(json!(null)), Code::NotFound);
    fails(&put(json!("1")), Code::NotFound);
    let first = version_of(&editor_json(&api, "POST", CONFIGMAPS, configmap("cm")));
    assert!(first.bytes().all(|byte| byte.is_ascii_digit()));
    let second = version_of(&put(json!(first)));
    assert_ne!(first, second);
    fails(&put(json!(first)), Code::Conflict);
    fails(&put(json!(first)), Code::Conflict);
    for never in ["0", "1", "99999999999999999999999999", &format!("0{second}")] {
        fails(&put(json!(never)), Code::Conflict);
    }
    for malformed in [json!(""), json!("abc"), json!("-1"), json!(1), json!("1.0"), json!([])] {
        fails(&put(malformed), Code::InvalidField);
    }
    succeeds(&put(json!(second)));
    let third = version_of(&editor_json(&api, "PUT", &target, configmap("cm")));
    succeeds(&put(json!(third)));
    fails(&editor_json(&api, "PUT", &target, configmap("other")), Code::InvalidField);
    fails(&editor_json(&api, "PUT", &target, configmap("Other")), Code::InvalidName);
}

#[test]
fn reads_can_be_conditional() {
    let api = Kubeglass::new();
    succeeds(&editor_json(&api, "POST", CONFIGMAPS, configmap("cm")));
    let target = format!("{CONFIGMAPS}/cm");
    let tag = editor(&api, "GET", &target).header("etag").expect("ETag").to_owned();
    let with = |sent: &str| {
        api.response(
            &Request::new("GET", &target).with_bearer(EDITOR_TOKEN).with_header("If-None-Match", sent),
        )
    };
    for same in [tag.clone(), "*".to_owned(), format!("W/{tag}"), format!("\"x\", {tag}")] {
        let response = with(&same);
        assert_eq!((response.status, response.body.len()), (304, 0), "{same}");
    }
    succeeds(&with("\"x\""));
    succeeds(&editor_json(&api, "PUT", &target, configmap("cm")));
    succeeds(&with(&tag));
}

#[test]
fn propagation_policies_are_those_of_kubernetes() {
    let api = Kubeglass::new();
    for (number, policy) in ["Background", "Foreground", "Orphan"].into_iter().enumerate() {
        let name = format!("cm-{number}");
        succeeds(&editor_json(&api, "POST", CONFIGMAPS, configmap(&name)));
        for bad in ["background", "ORPHAN", "", "Cascade", "Background%20"] {
            let response = editor(&api, "DELETE", &format!("{CONFIGMAPS}/{name}?propagationPolicy={bad}"));
            fails(&response, Code::InvalidPropagation);
        }
        succeeds(&editor(&api, "DELETE", &format!("{CONFIGMAPS}/{name}?propagationPolicy={policy}")));
        fails(&editor(&api, "DELETE", &format!("{CONFIGMAPS}/{name}")), Code::NotFound);
    }
}

#[test]
fn permission_is_judged_after_validation_and_before_existence() {
    let api = Kubeglass::new();
    let absent = "/api/v1/namespaces/absent";
    fails(&editor(&api, "DELETE", absent), Code::Forbidden);
    fails(&editor(&api, "DELETE", "/api/v1/namespaces/BAD"), Code::InvalidNamespace);
    let admin = |method: &str, target: &str| ask(&api, ADMIN_TOKEN, method, target, None);
    fails(&admin("DELETE", absent), Code::NotFound);
    api.conditions().switch_on("kubernetes-unreachable");
    fails(&editor(&api, "DELETE", absent), Code::Forbidden);
    fails(&admin("DELETE", absent), Code::ApiUnreachable);
    fails(&admin("DELETE", "/api/v1/namespaces/BAD"), Code::InvalidNamespace);
    succeeds(&editor(&api, "GET", "/api/v1/me/preferences"));
    succeeds(&editor(&api, "GET", "/api/v1/contexts"));
}

#[test]
fn replicas_are_whole_numbers() {
    let api = Kubeglass::new();
    let scale =
        |body: Value| editor_json(&api, "PUT", "/api/v1/namespaces/default/deployments/web/scale", body);
    for good in [0_i64, 1, 2_147_483_647] {
        assert_eq!(succeeds(&scale(json!({ "replicas": good })))["data"]["replicas"], good);
    }
    for bad in
        [json!(-1), json!(1.5), json!(1.0), json!("1"), json!(true), json!([]), json!(2_147_483_648_i64)]
    {
        fails(&scale(json!({ "replicas": bad })), Code::InvalidField);
    }
    fails(&scale(json!({})), Code::MissingField);
    fails(&scale(json!({ "replicas": null })), Code::MissingField);
    let absent = "/api/v1/namespaces/default/deployments/absent/scale";
    fails(&editor_json(&api, "PUT", absent, json!({ "replicas": 1 })), Code::NotFound);
}

#[test]
fn search_events_metrics_and_dynamic_resources() {
    let api = Kubeglass::new();
    let get = |target: &str| editor(&api, "GET", &format!("/api/v1/{target}"));
    assert_eq!(succeeds(&get("search?q=web"))["total"], 1);
    assert_eq!(succeeds(&get("search?q=zzz"))["total"], 0);
    fails(&get("search?Q=web"), Code::MissingQueryParam);
    fails(&get("search?q="), Code::MissingQueryParam);
    fails(&get("search?q=%ff"), Code::BadRequest);
    succeeds(&get("events/normal"));
    succeeds(&get("events/warning"));
    for bad in ["Normal", "error", "warning%20"] {
        fails(&get(&format!("events/{bad}")), Code::InvalidParameter);
    }
    succeeds(&get("metrics/pods"));
    fails(&get("metrics/pod"), Code::InvalidParameter);
    for known in ["core/v1/configmaps", "core/v1/namespaces", "apps/v1/deployments"] {
        succeeds(&get(&format!("resources/{known}")));
    }
    for unknown in
        ["apps/v1beta2/deployments", "example.org/v1alpha1/widgets", "core/v1/secrets", "apps/v1/pods"]
    {
        fails(&get(&format!("resources/{unknown}")), Code::NotFound);
    }
    for malformed in [
        "Apps/v1/deployments",
        "apps/1/deployments",
        "apps/v/deployments",
        "apps/v1gamma1/deployments",
        "apps/v1beta/deployments",
        "apps/vbeta1/deployments",
        "apps/v1/Deployments",
        "apps/v1/deploy-ments",
        "-apps/v1/deployments",
    ] {
        fails(&get(&format!("resources/{malformed}")), Code::InvalidPathParams);
    }
}

#[test]
fn preferences_belong_to_one_user() {
    let api = Kubeglass::new();
    let target = "/api/v1/me/preferences";
    let put = |body: Value| editor_json(&api, "PUT", target, body);
    succeeds(&put(json!({ "theme": "dark" })));
    let changed = succeeds(&put(json!({ "density": "compact", "unknown": 1 })));
    assert_eq!(
        changed["data"],
        json!({ "theme": "dark", "density": "compact", "defaultNamespace": "default" })
    );
    let other = succeeds(&ask(&api, ADMIN_TOKEN, "GET", target, None));
    assert_eq!(other["data"]["theme"], "system");
    for bad in [
        json!({ "theme": "Dark" }),
        json!({ "theme": null }),
        json!({ "theme": 1 }),
        json!({ "density": "" }),
    ] {
        fails(&put(bad), Code::InvalidField);
    }
    fails(&put(json!({ "defaultNamespace": "Bad" })), Code::InvalidNamespace);
    fails(&put(json!({ "theme": "light", "defaultNamespace": "Bad" })), Code::InvalidNamespace);
    assert_eq!(succeeds(&editor(&api, "GET", target))["data"]["theme"], "dark");
    succeeds(&put(json!({})));
    fails(&editor(&api, "PUT", target), Code::BadRequest);
}

#[test]
fn helm_repositories_are_typed_into_a_form() {
    let api = Kubeglass::new();
    let add = |name: Value, url: Value| {
        editor_json(&api, "POST", "/api/v1/helm/repositories", json!({ "name": name, "url": url }))
    };
    assert_eq!(add(json!("Good-1"), json!("https://charts.example.org/x")).status, 201);
    fails(&add(json!("Good-1"), json!("https://charts.example.org/x")), Code::AlreadyExists);
    for url in [
        "",
        "charts",
        "ftp://x.org",
        "https://",
        "http:x.org",
        "//x.org",
        "https:///x",
        "https://a b",
        " http://x",
    ] {
        fails(&add(json!("n"), json!(url)), Code::InvalidInput);
    }
    for name in ["", "a_b", "a b", "a/b", "ä"] {
        fails(&add(json!(name), json!("http://x.org")), Code::InvalidInput);
    }
    fails(&add(json!(null), json!("http://x.org")), Code::MissingField);
    fails(&add(json!(1), json!("http://x.org")), Code::InvalidField);
    succeeds(&editor(&api, "DELETE", "/api/v1/helm/repositories/Good-1"));
    fails(&editor(&api, "DELETE", "/api/v1/helm/repositories/Good-1"), Code::NotFound);
    api.conditions().switch_on("helm-missing");
    fails(&add(json!("n"), json!("http://x.org")), Code::HelmNotFound);
    fails(&add(json!("n"), json!("x")), Code::InvalidInput);
}

#[test]
fn releases_are_installed_rolled_back_and_deleted() {
    let api = Kubeglass::new();
    let install = |name: &str, namespace: &str, chart: &str| {
        let body = json!({ "name": name, "namespace": namespace, "chart": chart });
        editor_json(&api, "POST", "/api/v1/helm/releases", body)
    };
    assert_eq!(install("shop", "default", "stable/web").status, 201);
    fails(&install("shop", "default", "stable/web"), Code::AlreadyExists);
    fails(&install("shop", "absent", "stable/web"), Code::NotFound);
    fails(&install("shop2", "default", "stable/other"), Code::HelmError);
    fails(&install(&"a".repeat(54), "default", "stable/web"), Code::InvalidName);
    fails(&install("a.b", "default", "stable/web"), Code::InvalidName);
    fails(&install("a", "Default", "stable/web"), Code::InvalidNamespace);
    assert_eq!(install(&"a".repeat(53), "default", "stable/web").status, 201);
    fails(&editor_json(&api, "POST", "/api/v1/helm/releases", json!({ "name": "a" })), Code::MissingField);
    assert_eq!(succeeds(&editor(&api, "GET", "/api/v1/helm/releases"))["total"], 3);

    let rollback = |name: &str, revision: Value| {
        let target = format!("/api/v1/helm/releases/default/{name}/rollback");
        editor_json(&api, "POST", &target, json!({ "revision": revision }))
    };
    for bad in
        [json!("1"), json!(1.0), json!(0), json!(-1), json!(99), json!(1e300), json!(u64::MAX), json!([1])]
    {
        fails(&rollback("web", bad), Code::InvalidRevision);
    }
    fails(&rollback("web", json!(null)), Code::MissingField);
    fails(&rollback("absent", json!(1)), Code::NotFound);
    fails(&rollback("absent", json!(0)), Code::InvalidRevision);
    fails(&rollback("web", json!(3)), Code::InvalidRevision);
    assert_eq!(succeeds(&rollback("web", json!(1)))["data"]["revision"], 3);
    succeeds(&rollback("web", json!(2)));
    succeeds(&editor(&api, "DELETE", "/api/v1/helm/releases/default/shop"));
    fails(&editor(&api, "DELETE", "/api/v1/helm/releases/default/shop"), Code::NotFound);
}

#[test]
fn contexts_are_switched_for_one_session() {
    let api = Kubeglass::new();
    let switch = |token: &str, context: &str| {
        ask(&api, token, "POST", "/api/v1/contexts/switch", Some(json!({ "context": context })))
    };
    succeeds(&editor_json(&api, "POST", CONFIGMAPS, configmap("cm")));
    succeeds(&switch(EDITOR_TOKEN, "primary"));
    succeeds(&switch(EDITOR_TOKEN, "secondary"));
    fails(&editor(&api, "GET", &format!("{CONFIGMAPS}/cm")), Code::NotFound);
    succeeds(&ask(&api, ADMIN_TOKEN, "GET", &format!("{CONFIGMAPS}/cm"), None));
    succeeds(&switch(EDITOR_TOKEN, "restricted"));
    fails(&editor_json(&api, "POST", CONFIGMAPS, configmap("cm")), Code::InsufficientPermissions);
    // Reads use the service account.
    succeeds(&editor(&api, "GET", CONFIGMAPS));
    succeeds(&switch(ADMIN_TOKEN, "restricted"));
    succeeds(&ask(&api, ADMIN_TOKEN, "GET", CONFIGMAPS, None));
    fails(&switch(EDITOR_TOKEN, "nowhere"), Code::ContextNotFound);
    fails(&switch(EDITOR_TOKEN, ""), Code::ContextNotFound);
    fails(&switch(EDITOR_TOKEN, "dangling"), Code::InvalidContext);
    fails(&editor_json(&api, "POST", "/api/v1/contexts/switch", json!({})), Code::MissingField);
    fails(&editor_json(&api, "POST", "/api/v1/contexts/switch", json!({ "context": 1 })), Code::InvalidField);
    succeeds(&switch(EDITOR_TOKEN, "primary"));
    succeeds(&editor(&api, "GET", &format!("{CONFIGMAPS}/cm")));
    assert_eq!(succeeds(&editor(&api, "GET", "/api/v1/contexts/primary"))["data"]["current"], true);
}

#[test]
fn copies_and_queries_cross_clusters() {
    let api = Kubeglass::new();
    let copying = |body: Value| editor_json(&api, "POST", "/api/v1/cross-cluster/copy", body);
    succeeds(&editor_json(&api, "POST", CONFIGMAPS, configmap("cm")));
    succeeds(&copying(copy("primary", "secondary", "cm")));
    succeeds(&copying(copy("primary", "secondary", "cm")));
    succeeds(&copying(copy("secondary", "primary", "cm")));
    fails(&copying(copy("primary", "secondary", "absent")), Code::NotFound);
    fails(&copying(copy("primary", "nowhere", "cm")), Code::ContextNotFound);
    fails(&copying(copy("dangling", "primary", "cm")), Code::InvalidContext);
    fails(&copying(copy("restricted", "primary", "cm")), Code::NotFound);
    fails(&copying(copy("primary", "restricted", "absent")), Code::InsufficientPermissions);
    fails(&copying(copy("primary", "restricted", "BAD")), Code::InvalidName);
    fails(&copying(json!({ "source": {} })), Code::MissingField);
    fails(&copying(json!({ "source": "primary" })), Code::InvalidField);
    succeeds(&admin_json(&api, "POST", "/api/v1/cross-cluster/copy", copy("primary", "restricted", "cm")));

    let query = |body: Value| editor_json(&api, "POST", "/api/v1/cross-cluster/query", body);
    assert_eq!(succeeds(&query(contexts(50)))["total"], 50);
    fails(&query(contexts(51)), Code::TooManyContexts);
    fails(&query(json!({ "contexts": vec!["nowhere"; 51] })), Code::TooManyContexts);
    succeeds(&query(contexts(0)));
    fails(&query(json!({ "contexts": ["nowhere"] })), Code::ContextNotFound);
    fails(&query(json!({ "contexts": ["dangling"] })), Code::InvalidContext);
    assert_eq!(succeeds(&query(json!({ "contexts": ["primary", "restricted"] })))["total"], 2);
    fails(&query(json!({ "contexts": "primary" })), Code::InvalidField);
    fails(&query(json!({ "contexts": [1] })), Code::InvalidField);
    fails(&query(json!({})), Code::MissingField);
}

#[test]
fn a_drain_runs_until_it_is_cancelled() {
    let api = Kubeglass::new();
    let drain = |method: &str, node: &str| editor(&api, method, &format!("/api/v1/nodes/{node}/drain"));
    fails(&drain("DELETE", "node-1"), Code::NotFound);
    let begun = drain("POST", "node-1");
    assert_eq!((begun.status, succeeds(&begun)["data"]["status"].clone()), (200, json!("draining")));
    fails(&drain("POST", "node-1"), Code::DrainInProgress);
    succeeds(&drain("POST", "node-2"));
    succeeds(&drain("DELETE", "node-1"));
    succeeds(&drain("POST", "node-1"));
    fails(&drain("POST", "node-3"), Code::NotFound);
    fails(&drain("DELETE", "node-3"), Code::NotFound);
    fails(&drain("POST", "Node"), Code::InvalidName);
    assert_eq!(succeeds(&editor(&api, "GET", "/api/v1/nodes"))["total"], 2);
}

#[test]
fn mutations_are_limited_by_address_where_a_limit_is_set() {
    let clock = Clock::standing("2026-01-01T00:00:00Z".parse().expect("a time"));
    let api = Kubeglass::with(clock.clone(), Some(MUTATION_LIMIT));
    let from = |last: u8, method: &str| {
        let remote = IpAddr::from([127, 0, 0, last]);
        api.response(&Request::new(method, CONFIGMAPS).with_bearer(EDITOR_TOKEN).from_remote(remote))
    };
    for _ in 0..200 {
        fails(&from(1, "POST"), Code::BadRequest);
    }
    let refused = from(1, "POST");
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    assert_eq!(from(1, "GET").status, 200);
    fails(&from(2, "POST"), Code::BadRequest);
    clock.advance(Duration::from_millis(10));
    fails(&from(1, "POST"), Code::BadRequest);
    assert_eq!(from(1, "POST").status, 429);
}

#[test]
fn the_target_file_is_complete() {
    let text = Kubeglass::new().target_file("http://127.0.0.1:8080/");
    let file: toml::Table = text.parse().expect("TOML");
    let target = &file["target"]["reference"];
    assert_eq!(file["default_target"].as_str(), Some("reference"));
    assert_eq!(target["url"].as_str(), Some("http://127.0.0.1:8080"));
    assert_eq!(target["roles"]["admin"]["bearer"].as_str(), Some(ADMIN_TOKEN));
    assert_eq!(target["roles"]["editor"]["bearer"].as_str(), Some(EDITOR_TOKEN));
    assert_eq!(target["variables"].as_table().map(toml::Table::len), Some(11));
    let conditions = target["conditions"].as_table().expect("conditions");
    for known in Kubeglass::new().conditions().known() {
        let begin = conditions[known.name]["begin"]["request"].as_str();
        assert_eq!(begin, Some(format!("PUT /_reference/conditions/{}", known.name).as_str()));
    }
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
    let api = Kubeglass::new();
    let documented: HashSet<(u16, &str)> =
        Code::ALL.iter().map(|code| (code.status(), code.as_str())).collect();
    let segments = [
        "namespaces",
        "default",
        "configmaps",
        "a",
        "",
        "secrets",
        "web",
        "deployments",
        "scale",
        "search",
        "events",
        "normal",
        "resources",
        "core",
        "v1",
        "me",
        "preferences",
        "helm",
        "releases",
        "rollback",
        "contexts",
        "switch",
        "cross-cluster",
        "copy",
        "query",
        "nodes",
        "node-1",
        "drain",
        "metrics",
        "%ff",
        "%",
        "ä",
        "..",
        "%2F",
        "A",
    ];
    let queries =
        ["", "?", "?limit=5", "?limit=x", "?q=a", "?q", "?&&=&=", "?%", "?continue=%00", "?limit=%zz", "??"];
    let bodies: [&[u8]; 10] = [
        b"",
        b"{}",
        b"[",
        b"\xff",
        br#"{"metadata":{"name":"a"}}"#,
        br#"{"metadata":{"name":"a","resourceVersion":"1002"},"data":{"\u0000":""}}"#,
        br#"{"contexts":["primary","nope"]}"#,
        br#"{"context":"secondary","theme":"dark","replicas":3,"revision":1}"#,
        br#"{"name":"a","namespace":"default","chart":"stable/web","url":"http://[::1"}"#,
        br#"{"source":{"context":"primary","namespace":"default","name":"a"},"target":{"context":"secondary","namespace":"default","name":"a"}}"#,
    ];
    let conditions: Vec<&str> = api.conditions().known().iter().map(|known| known.name).collect();
    let mut dice = Dice::new();
    let mut codes = HashSet::new();
    for round in 0..rounds {
        if round % 50 == 0 {
            api.conditions().switch_all_off();
            api.conditions().switch_on(dice.roll(&conditions));
        }
        let mut target = String::from("/api/v1");
        for _ in 0..dice.roll(&["a", "ab", "abc", "abcd", "abcde"]).len() {
            target.push('/');
            target.push_str(dice.roll(&segments));
        }
        target.push_str(dice.roll(&queries));
        let method = dice.roll(&["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", ""]);
        let token = dice.roll(&[ADMIN_TOKEN, EDITOR_TOKEN, EDITOR_TOKEN, "nobody"]);
        let request = Request::new(method, &target).with_bearer(token).with_body(dice.roll(&bodies).to_vec());
        let response = api.response(&request);
        if response.status < 400 {
            assert!([200, 201, 204].contains(&response.status), "{request:?} {response:?}");
            continue;
        }
        let body = response.document().expect("JSON");
        let code = body["error"].as_str().expect("a code");
        assert!(documented.contains(&(response.status, code)), "{request:?} {body}");
        assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()));
        assert_eq!(response.status == 405, response.header("allow").is_some());
        assert_eq!(response.status == 401, response.header("www-authenticate").is_some());
        codes.insert(code.to_owned());
    }
    assert!(rounds < dice::MANY || codes.len() >= 15, "the dice reach too little: {codes:?}");
}
