//! Tests of the reference implementations over real HTTP, and of the effects of mutants.

use std::{
    collections::HashSet,
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use failspec_reference::{
    Api, Mutant, Options, Request, Response, Server, StartError, api, apis,
    kubeglass::{ADMIN_TOKEN, EDITOR_TOKEN, Kubeglass},
    mutants, mutants_of,
};
use serde_json::{Value, json};

/// Sends bytes as they are and reads until the server closes the connection.
async fn send(server: &Server, bytes: Vec<u8>) -> (u16, String, String) {
    let address = server.addr();
    let response = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        stream.write_all(&bytes).expect("sent");
        let mut response = Vec::new();
        stream.read_to_end(&mut response).expect("a response");
        String::from_utf8_lossy(&response).into_owned()
    })
    .await
    .expect("no panic");
    let (head, body) = response.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, head.to_ascii_lowercase(), body.to_owned())
}

async fn get(server: &Server, method: &str, target: &str) -> (u16, String, String) {
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {EDITOR_TOKEN}\r\nConnection: close\r\n\r\n"
    );
    send(server, request.into_bytes()).await
}

async fn start() -> Server {
    Server::start(api("kubeglass").expect("known"), Options::default()).await.expect("started")
}

#[test]
fn implementations_are_found_by_name() {
    for name in apis() {
        assert_eq!(api(name).map(|api| api.name()), Some(*name));
    }
    assert!(api("nothing").is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn responses_go_over_the_wire_unchanged() {
    let server = start().await;
    let (status, head, body) = get(&server, "GET", "/api/v1/namespaces").await;
    assert_eq!(status, 200);
    assert!(head.contains("content-type: application/json"), "{head}");
    assert_eq!(serde_json::from_str::<Value>(&body).expect("JSON")["total"], 2);

    let (status, head, body) = get(&server, "HEAD", "/api/v1/namespaces").await;
    assert_eq!((status, body.as_str()), (200, ""));
    assert!(head.contains("content-length"), "{head}");

    let (status, head, _) = get(&server, "BREW", "/api/v1/namespaces").await;
    assert_eq!(status, 405);
    assert!(head.contains("allow: get, head, post, options"), "{head}");

    let (status, _, body) = get(&server, "GET", "/api/v1/namespaces//configmaps").await;
    assert_eq!(status, 400);
    assert!(body.contains("missing_path_param"), "{body}");

    let (status, _, body) = get(&server, "GET", "/api/v1/namespaces/default/configmaps/%zz").await;
    assert_eq!(status, 400);
    assert!(body.contains("bad_request"), "{body}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_bodies_get_the_refusal_of_the_api() {
    let server = start().await;
    for size in [1024 * 1024 + 1, 20 * 1024 * 1024] {
        let mut request = format!(
            "POST /api/v1/namespaces HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {EDITOR_TOKEN}\r\n\
             Content-Length: {size}\r\nConnection: close\r\n\r\n"
        )
        .into_bytes();
        request.resize(request.len() + size, b'x');
        let (status, _, body) = send(&server, request).await;
        assert_eq!(status, 413);
        assert!(body.contains("body_too_large"), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_control_endpoint_switches_conditions() {
    let server = start().await;
    assert_eq!(get(&server, "GET", "/_reference/ready").await.0, 200);
    assert_eq!(get(&server, "PUT", "/_reference/conditions/nothing").await.0, 404);
    assert_eq!(get(&server, "DELETE", "/_reference/conditions/nothing").await.0, 404);
    assert_eq!(get(&server, "GET", "/_reference/nothing").await.0, 404);
    assert_eq!(get(&server, "POST", "/_reference/conditions").await.0, 405);
    let list = "/api/v1/namespaces";
    assert_eq!(get(&server, "PUT", "/_reference/conditions/kubernetes-unreachable").await.0, 200);
    assert_eq!(get(&server, "GET", list).await.0, 502);
    assert_eq!(get(&server, "DELETE", "/_reference/conditions/kubernetes-unreachable").await.0, 200);
    assert_eq!(get(&server, "GET", list).await.0, 200);
    assert_eq!(get(&server, "PUT", "/_reference/conditions/deadline-exceeded").await.0, 200);
    assert_eq!(get(&server, "GET", list).await.0, 504);
    assert_eq!(get(&server, "DELETE", "/_reference/conditions").await.0, 200);
    assert_eq!(get(&server, "GET", list).await.0, 200);
    assert_eq!(get(&server, "GET", "/_referenceless").await.0, 404);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_server_is_gone_and_a_taken_address_is_refused() {
    let server = start().await;
    let listen = server.addr();
    let second =
        Server::start(api("kubeglass").expect("known"), Options { listen, ..Options::default() }).await;
    assert!(matches!(second, Err(StartError::Listen { .. })));
    // An idle connection must not delay the stop.
    let idle = TcpStream::connect(listen).expect("a connection");
    let begun = Instant::now();
    server.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(3));
    drop(idle);
    assert!(TcpStream::connect(listen).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mutant_changes_responses_but_not_the_control_endpoint() {
    let mutant = mutants().into_iter().find(|mutant| mutant.id == "always-unauthorized");
    let server = Server::start(api("kubeglass").expect("known"), Options { mutant, ..Options::default() })
        .await
        .expect("started");
    assert_eq!(get(&server, "GET", "/api/v1/namespaces").await.0, 401);
    assert_eq!(get(&server, "GET", "/_reference/ready").await.0, 200);
    let quirk = Mutant::switching("no-such-quirk", "");
    let refused = Server::start(
        api("kubeglass").expect("known"),
        Options { mutant: Some(quirk), ..Options::default() },
    );
    assert!(matches!(refused.await, Err(StartError::Foreign { .. })));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_media_type_and_broken_utf8_reach_the_wire() {
    for (id, status) in [("media-type-missing", 404), ("status-204", 204), ("body-not-utf8", 404)] {
        let mutant = mutants().into_iter().find(|mutant| mutant.id == id);
        assert!(mutant.is_some(), "{id}");
        let options = Options { mutant, ..Options::default() };
        let server = Server::start(api("kubeglass").expect("known"), options).await.expect("started");
        let (got, head, body) = get(&server, "GET", "/api/v1/nope").await;
        assert_eq!(got, status, "{id}");
        match id {
            "media-type-missing" => assert!(!head.contains("content-type"), "{head}"),
            "status-204" => assert_eq!(body, ""),
            _ => assert!(body.contains('\u{fffd}'), "{body}"),
        }
    }
}

#[test]
fn every_response_mutant_changes_errors_and_leaves_successes_unless_it_says_so() {
    let kubeglass = Kubeglass::new();
    let failing =
        Request::new("GET", "/api/v1/namespaces/default/configmaps/absent").with_bearer(EDITOR_TOKEN);
    let succeeding = Request::new("GET", "/api/v1/namespaces").with_bearer(EDITOR_TOKEN);
    let mut ids = HashSet::new();
    for mutant in mutants_of(&kubeglass) {
        assert!(ids.insert(mutant.id.to_string()), "{} twice", mutant.id);
        assert!(
            mutant.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        );
        assert!(!mutant.about.is_empty());
        if !mutant.changes_every_error() {
            continue;
        }
        let right = kubeglass.response(&failing);
        let mut wrong = right.clone();
        mutant.change(&kubeglass, &failing, &mut wrong);
        if mutant.id == "always-not-found" {
            // The response already has this code; the response to another request does not.
            let mut other = kubeglass.response(&succeeding);
            mutant.change(&kubeglass, &succeeding, &mut other);
            assert_eq!(other.status, 404);
        } else {
            assert_ne!(right, wrong, "{} changes nothing", mutant.id);
        }
        if !mutant.id.starts_with("always") && mutant.id != "slow" {
            let right = kubeglass.response(&succeeding);
            let mut same = right.clone();
            mutant.change(&kubeglass, &succeeding, &mut same);
            assert_eq!(right, same, "{} changes a success", mutant.id);
        }
    }
    for harmless in mutants().iter().filter(|mutant| mutant.harmless) {
        let right = kubeglass.response(&failing);
        let mut changed = right.clone();
        harmless.change(&kubeglass, &failing, &mut changed);
        let (right, changed) = (right.document().expect("JSON"), changed.document().expect("JSON"));
        assert_eq!(right["error"], changed["error"], "{}", harmless.id);
        assert_eq!(right["requestId"], changed["requestId"], "{}", harmless.id);
        assert!(changed["message"].is_string());
    }
}

#[test]
fn mutants_break_what_they_say() {
    let kubeglass = Kubeglass::new();
    let request = Request::new("GET", "/api/v1/nope");
    let mutated = |id: &str| {
        let mutant = mutants().into_iter().find(|mutant| mutant.id == id).expect("known");
        let mut response = kubeglass.response(&request);
        mutant.change(&kubeglass, &request, &mut response);
        response
    };
    let text = |response: Response| String::from_utf8_lossy(&response.body).into_owned();
    assert_eq!(mutated("request-id-constant").body, mutated("request-id-constant").body);
    assert!(text(mutated("body-duplicate-keys")).starts_with(r#"{"error":null,"error":"not_found""#));
    assert!(text(mutated("keys-reversed")).starts_with(r#"{"requestId":"#));
    assert!(text(mutated("letters-escaped")).starts_with(r#"{"\u0065rror":"\u006eot_found""#));
    assert!(mutated("body-truncated").document().is_none());
    assert!(mutated("body-trailing-bytes").document().is_none());
    assert!(std::str::from_utf8(&mutated("body-not-utf8").body).is_err());
    assert_eq!(mutated("code-wrong-case").document().expect("JSON")["error"], "NOT_FOUND");
    assert!(mutated("code-key-renamed").document().expect("JSON").get("error").is_none());
    assert_eq!(mutated("media-type-upper-case").header("content-type"), Some("APPLICATION/JSON"));
    assert_eq!(mutated("slow").delay, Duration::from_millis(50));
    assert!(text(mutated("message-reworded")).contains("Sorry"));
}

/// Sends a request for every quirk that the documentation rejects and the quirk accepts.
#[test]
fn every_quirk_accepts_what_must_be_refused() {
    let configmaps = "/api/v1/namespaces/default/configmaps";
    let configmap = json!({ "metadata": { "name": "cm", "resourceVersion": "1" } });
    let as_editor = |method: &str, target: &str| Request::new(method, target).with_bearer(EDITOR_TOKEN);
    let first = Kubeglass::new();
    for quirk in first.quirks().known() {
        // These quirks reject a request that must be accepted.
        let overlooked = match quirk.name {
            "query-parameter-overlooked" => Some("/api/v1/search?q=web"),
            "path-parameter-overlooked" => Some(configmaps),
            _ => None,
        };
        if let Some(target) = overlooked {
            let request = as_editor("GET", target);
            assert_eq!(first.response(&request).status, 200);
            assert!(first.quirks().switch_on(quirk.name));
            assert_eq!(first.response(&request).status, 400);
            continue;
        }
        let request = match quirk.name {
            "stale-version-accepted" => as_editor("PUT", &format!("{configmaps}/cm")).with_json(&configmap),
            "duplicate-name-accepted" => as_editor("POST", configmaps).with_json(&configmap),
            "bad-limit-accepted" => as_editor("GET", &format!("{configmaps}?limit=0")),
            "invalid-propagation-accepted" => {
                as_editor("DELETE", &format!("{configmaps}/cm?propagationPolicy=x"))
            }
            "any-token-accepted" => Request::new("GET", configmaps).with_bearer("anything"),
            "missing-token-accepted" => Request::new("GET", configmaps),
            "rbac-not-enforced" => {
                as_editor("POST", "/api/v1/namespaces").with_json(&json!({ "metadata": { "name": "new" } }))
            }
            "target-cluster-rbac-not-enforced" => {
                let place =
                    |context: &str| json!({ "context": context, "namespace": "default", "name": "cm" });
                as_editor("POST", "/api/v1/cross-cluster/copy")
                    .with_json(&json!({ "source": place("primary"), "target": place("restricted") }))
            }
            "large-body-accepted" => as_editor("GET", configmaps).with_body(vec![b' '; 1024 * 1024 + 1]),
            "second-drain-accepted" => as_editor("POST", "/api/v1/nodes/node-1/drain"),
            "too-many-contexts-accepted" => as_editor("POST", "/api/v1/cross-cluster/query")
                .with_json(&json!({ "contexts": vec!["primary"; 51] })),
            "unknown-revision-accepted" => as_editor("POST", "/api/v1/helm/releases/default/web/rollback")
                .with_json(&json!({ "revision": 99 })),
            "negative-replicas-accepted" => {
                as_editor("PUT", "/api/v1/namespaces/default/deployments/web/scale")
                    .with_json(&json!({ "replicas": -1 }))
            }
            "context-switched-for-everyone" => as_editor("GET", &format!("{configmaps}/cm")),
            other => panic!("{other} has no test"),
        };
        let kubeglass = Kubeglass::new();
        let right = |request: &Request| assert!(kubeglass.response(request).status < 300);
        right(&as_editor("POST", configmaps).with_json(&configmap));
        right(&as_editor("POST", "/api/v1/nodes/node-1/drain"));
        if quirk.name == "context-switched-for-everyone" {
            let switch = Request::new("POST", "/api/v1/contexts/switch")
                .with_bearer(ADMIN_TOKEN)
                .with_json(&json!({ "context": "secondary" }));
            right(&switch);
            right(&request);
            assert!(kubeglass.quirks().switch_on(quirk.name));
            right(&switch);
            assert_eq!(kubeglass.response(&request).status, 404);
            continue;
        }
        assert!(kubeglass.response(&request).status >= 400, "{}", quirk.name);
        assert!(kubeglass.quirks().switch_on(quirk.name));
        let response = kubeglass.response(&request);
        assert!(response.status < 300, "{}: {response:?}", quirk.name);
    }
}
