//! Tests of the reference implementation of Kubeadapt against its documentation, without a network.

use std::{collections::HashSet, time::Duration};

use crate::dice::{self, Dice};
use failspec_reference::{
    Api, Request, Response,
    kubeadapt::{
        ABSENT_CLUSTER_ID, CLUSTER_ID, FOREIGN_CLUSTER_ID, FOREIGN_WORKLOAD_UID, FULL_KEY, Failure,
        Kubeadapt, LIMITED_KEY, NO_RECOMMENDATIONS_KEY, OTHER_CLUSTER_ID, OTHER_WORKLOAD_UID, RESTRICTED_KEY,
        REVOKED_KEY, WORKLOAD_UID,
    },
    mutants_of,
    store::Clock,
};
use jiff::Timestamp;
use serde_json::{Value, json};

const MISSING: &str = "API key required. Use 'Authorization: Bearer <api_key>'";

fn get(api: &Kubeadapt, key: &str, target: &str) -> Response {
    api.response(&Request::new("GET", target).with_bearer(key))
}

fn full(api: &Kubeadapt, target: &str) -> Response {
    get(api, FULL_KEY, target)
}

/// Checks a whole failure: status, text, media type, nothing else.
#[track_caller]
fn fails(response: &Response, status: u16, detail: &str) {
    let body = response.document().unwrap_or_else(|| panic!("no JSON in {response:?}"));
    assert_eq!((response.status, &body), (status, &json!({ "detail": detail })));
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("www-authenticate"), (status == 401).then_some("Bearer"));
    assert_eq!(response.header("allow"), (status == 405).then_some("GET, HEAD"));
    assert_eq!(response.header("retry-after").is_some(), status == 429);
}

/// Checks a 422 with a list: the parameters that it names, and the values that were sent.
#[track_caller]
fn lists(response: &Response, problems: &[(&str, &str, &str)]) {
    assert_eq!(response.status, 422);
    let body = response.document().expect("JSON");
    let found = body["detail"].as_array().expect("a list").iter().map(|problem| {
        assert_eq!(problem["loc"][0], "query");
        assert!(problem["msg"].as_str().is_some_and(|text| !text.is_empty()));
        let text = |value: &'_ Value| value.as_str().expect("a text").to_owned();
        (text(&problem["loc"][1]), text(&problem["type"]), text(&problem["input"]))
    });
    let found: Vec<(String, String, String)> = found.collect();
    let found: Vec<(&str, &str, &str)> =
        found.iter().map(|(name, kind, input)| (name.as_str(), kind.as_str(), input.as_str())).collect();
    assert_eq!(found, problems);
}

#[track_caller]
fn succeeds(response: &Response) -> Value {
    let text = String::from_utf8_lossy(&response.body);
    assert_eq!(response.status, 200, "{text}");
    assert_eq!(response.header("content-type"), Some("application/json"));
    response.document().unwrap_or_else(|| panic!("no JSON in {text}"))
}

/// Checks the members of a list and returns one member of each item.
#[track_caller]
fn members(response: &Response, member: &str) -> Vec<String> {
    let body = succeeds(response);
    let mut names: Vec<&String> = body.as_object().expect("an object").keys().collect();
    names.sort_unstable();
    assert!(names == ["items", "total"] || names == ["items", "limit", "offset", "total"], "{names:?}");
    let items = body["items"].as_array().expect("items");
    items.iter().map(|item| item[member].as_str().unwrap_or_else(|| panic!("{item}")).to_owned()).collect()
}

/// Returns the path of the cost distribution of a cluster, with a timeframe.
fn distribution(timeframe: &str) -> String {
    format!("/v1/clusters/{CLUSTER_ID}/cost-distribution?timeframe={timeframe}")
}

fn standing(second: i64) -> (Kubeadapt, Clock) {
    let clock = Clock::standing(Timestamp::from_second(second).expect("a time"));
    (Kubeadapt::with(clock.clone()), clock)
}

#[test]
fn every_documented_failure_has_a_request_that_brings_it() {
    let (api, _) = standing(1_800_000_000);
    fails(&full(&api, &distribution("fortnight")), 400, "Invalid timeframe: fortnight");
    fails(&full(&api, "/v1/clusters/not-a-uuid"), 400, "Invalid cluster ID format");
    fails(&api.response(&Request::new("GET", "/v1/clusters")), 401, MISSING);
    fails(&get(&api, "ka_nobody", "/v1/clusters"), 401, "Invalid API key");
    fails(&get(&api, REVOKED_KEY, "/v1/clusters"), 401, "Invalid API key");
    let scope = "Missing required permission: recommendations:read";
    fails(&get(&api, NO_RECOMMENDATIONS_KEY, "/v1/recommendations"), 403, scope);
    let other = format!("/v1/clusters/{OTHER_CLUSTER_ID}");
    fails(&get(&api, RESTRICTED_KEY, &other), 403, "Access to this cluster is not allowed");
    fails(&full(&api, "/v1/clusters/cls-nonexistent"), 404, "Cluster not found");
    lists(&full(&api, "/v1/workloads?limit=abc"), &[("limit", "int_parsing", "abc")]);
    let order = "start_date must not be after end_date";
    fails(&full(&api, "/v1/costs/teams?start_date=2026-02-01&end_date=2026-01-01"), 422, order);
    for _ in 0..5 {
        succeeds(&get(&api, LIMITED_KEY, "/v1/clusters"));
    }
    fails(&get(&api, LIMITED_KEY, "/v1/clusters"), 429, "Rate limit exceeded");
    api.conditions().switch_on("internal-fault");
    fails(&full(&api, "/v1/clusters"), 500, "Internal server error");
}

#[test]
fn a_failure_knows_its_status_and_text() {
    assert_eq!((Failure::WorkloadNotFound.status(), Failure::RateLimited.status()), (404, 429));
    assert_eq!(Failure::MissingScope("nodes:read").detail(), "Missing required permission: nodes:read");
    assert_eq!(Failure::InvalidParameters(Vec::new()).detail(), json!([]));
}

#[test]
fn the_route_comes_first() {
    let api = Kubeadapt::new();
    for target in [
        "/",
        "/v1",
        "/v1/",
        "/v2/clusters",
        "/v1/clusters/",
        "/v1//clusters",
        "/v1/clusters//dashboard",
        "/v1/Clusters",
        "/clusters",
        "/v1/workloads/x",
        "/v1/costs",
        "/v1/clusters/a%2Fdashboard/x",
        "",
    ] {
        fails(&api.response(&Request::new("GET", target)), 404, "Not Found");
        fails(&api.response(&Request::new("POST", target).with_bearer(FULL_KEY)), 404, "Not Found");
    }
    for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get", ""] {
        fails(&api.response(&Request::new(method, "/v1/clusters")), 405, "Method Not Allowed");
        fails(
            &api.response(&Request::new(method, "/v1/clusters/x").with_bearer(FULL_KEY)),
            405,
            "Method Not Allowed",
        );
    }
    let head = Request::new("HEAD", "/v1/clusters");
    fails(&api.response(&head), 401, MISSING);
    succeeds(&api.response(&head.with_bearer(FULL_KEY)));
    // An encoded slash stays within its segment and makes an id malformed.
    fails(&full(&api, "/v1/clusters/a%2Fdashboard"), 400, "Invalid cluster ID format");
    succeeds(&full(&api, "/v1/%63lusters"));
}

#[test]
fn keys_are_missing_or_invalid() {
    let api = Kubeadapt::new();
    let with =
        |value: &str| api.response(&Request::new("GET", "/v1/clusters").with_header("Authorization", value));
    for value in ["", "Bearer", "Bearer ", "Bearer   ", "Basic a2E6", FULL_KEY, "Token ka_x"] {
        fails(&with(value), 401, MISSING);
    }
    for key in [
        "x",
        "kb_reference_full_7f3a91",
        "ka_",
        "KA_reference_full_7f3a91",
        "ka_reference_full_7f3a9",
        REVOKED_KEY,
    ] {
        fails(&with(&format!("Bearer {key}")), 401, "Invalid API key");
    }
    succeeds(&with(&format!("bearer {FULL_KEY}")));
    // The key comes before its scope, the id and the query.
    fails(&get(&api, "ka_x", "/v1/clusters/x/cost-distribution?timeframe=x"), 401, "Invalid API key");
}

#[test]
fn scopes_belong_to_operations() {
    let api = Kubeadapt::new();
    let operations = [
        ("/v1/workloads", "workloads:read"),
        ("/v1/workloads/x/metrics", "workloads:read"),
        ("/v1/nodes?limit=x", "nodes:read"),
        ("/v1/namespaces", "namespaces:read"),
        ("/v1/recommendations", "recommendations:read"),
        ("/v1/overview?timeframe=x", "overview:read"),
        ("/v1/dashboard", "overview:read"),
        ("/v1/costs/teams", "costs:teams:read"),
    ];
    for (target, scope) in operations {
        let (api, _) = standing(1_800_000_000);
        fails(&get(&api, LIMITED_KEY, target), 403, &format!("Missing required permission: {scope}"));
        if scope != "recommendations:read" {
            let response = get(&api, NO_RECOMMENDATIONS_KEY, target);
            assert_ne!(response.status, 403, "{target}");
        }
    }
    for target in ["/v1/clusters", &format!("/v1/clusters/{CLUSTER_ID}/dashboard")] {
        succeeds(&get(&api, LIMITED_KEY, target));
    }
}

#[test]
fn ids_are_uuids_or_begin_with_cls() {
    let api = Kubeadapt::new();
    let long = format!("cls-{}", "a".repeat(60));
    for id in ["cls-nonexistent", "cls-0", "cls--", &long, ABSENT_CLUSTER_ID] {
        for target in [
            format!("/v1/clusters/{id}"),
            format!("/v1/clusters/{id}/dashboard"),
            format!("/v1/nodes?cluster_id={id}"),
        ] {
            fails(&full(&api, &target), 404, "Cluster not found");
        }
    }
    let braced = format!("%7B{CLUSTER_ID}%7D");
    let plain = CLUSTER_ID.replace('-', "");
    let longer = format!("{long}a");
    for id in [
        "not-a-uuid",
        "cls-",
        "cls-A",
        "cls_a",
        "CLS-a",
        "cls-a.b",
        "%20",
        "%zz",
        "1",
        &longer,
        &braced,
        &plain,
        "3f2504e0-4f89-41d3-9a0c-0305e82c330g",
    ] {
        for target in [
            format!("/v1/clusters/{id}"),
            format!("/v1/clusters/{id}/cost-distribution"),
            format!("/v1/workloads?cluster_id={id}"),
        ] {
            fails(&full(&api, &target), 400, "Invalid cluster ID format");
        }
    }
    fails(&full(&api, "/v1/namespaces?cluster_id="), 400, "Invalid cluster ID format");
    let upper = CLUSTER_ID.to_uppercase();
    assert_eq!(succeeds(&full(&api, &format!("/v1/clusters/{upper}")))["id"], CLUSTER_ID);
    for uid in ["cls-a", "x", "%00"] {
        fails(&full(&api, &format!("/v1/workloads/{uid}/metrics")), 400, "Invalid workload UID format");
    }
    fails(&full(&api, &format!("/v1/workloads/{ABSENT_CLUSTER_ID}/metrics")), 404, "Workload not found");
}

#[test]
fn timeframes_are_four_words() {
    let api = Kubeadapt::new();
    let metrics = format!("/v1/workloads/{WORKLOAD_UID}/metrics");
    let distribution = format!("/v1/clusters/{CLUSTER_ID}/cost-distribution");
    for target in [&metrics, &distribution] {
        assert_eq!(succeeds(&full(&api, target))["timeframe"], "7d", "{target}");
        for timeframe in ["24h", "7d", "30d", "90d"] {
            let response = full(&api, &format!("{target}?timeframe=x&timeframe={timeframe}&other=%zz"));
            assert_eq!(succeeds(&response)["timeframe"], timeframe, "{target}");
        }
        for (sent, read) in [
            ("7D", "7D"),
            ("", ""),
            ("fortnight", "fortnight"),
            ("7d%20", "7d "),
            ("%zz", "%zz"),
            ("1h", "1h"),
        ] {
            let response = full(&api, &format!("{target}?timeframe=7d&timeframe={sent}"));
            fails(&response, 400, &format!("Invalid timeframe: {read}"));
        }
    }
    // An operation without a timeframe ignores an invalid one.
    let dashboard = format!("/v1/clusters/{CLUSTER_ID}/dashboard");
    for target in ["/v1/clusters", "/v1/overview", "/v1/dashboard", &dashboard] {
        succeeds(&full(&api, &format!("{target}?timeframe=fortnight")));
    }
}

#[test]
fn offsets_and_limits_are_whole_numbers() {
    let api = Kubeadapt::new();
    for list in ["workloads", "nodes", "recommendations"] {
        let ask = |query: &str| full(&api, &format!("/v1/{list}?{query}"));
        for (sent, read, kind) in [
            ("abc", "abc", "int_parsing"),
            ("", "", "int_parsing"),
            ("1.0", "1.0", "int_parsing"),
            ("%zz", "%zz", "int_parsing"),
            ("-", "-", "int_parsing"),
            ("1+", "1 ", "int_parsing"),
            ("-5", "-5", "greater_than_equal"),
        ] {
            lists(&ask(&format!("limit={sent}")), &[("limit", kind, read)]);
            lists(&ask(&format!("offset={sent}&limit=3")), &[("offset", kind, read)]);
        }
        lists(&ask("limit=0"), &[("limit", "greater_than_equal", "0")]);
        lists(&ask("limit=101"), &[("limit", "less_than_equal", "101")]);
        lists(&ask("limit=1&limit=x"), &[("limit", "int_parsing", "x")]);
        lists(
            &ask("limit=x&offset=-1"),
            &[("limit", "int_parsing", "x"), ("offset", "greater_than_equal", "-1")],
        );
        for query in [
            "limit=1",
            "limit=100",
            "limit=%2B5",
            "offset=0",
            "offset=-0",
            "offset=007",
            "limit=x&limit=1",
            "offset=99999999999999999999999999",
            "page=x",
        ] {
            succeeds(&ask(query));
        }
    }
    // Types come before enumerations.
    lists(&full(&api, "/v1/nodes?cluster_id=x&limit=x"), &[("limit", "int_parsing", "x")]);
    let body = succeeds(&full(&api, "/v1/nodes?offset=3&limit=3"));
    assert_eq!((&body["total"], &body["offset"], &body["limit"]), (&json!(4), &json!(3), &json!(3)));
    assert_eq!(body["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(succeeds(&full(&api, "/v1/nodes"))["limit"], 20);
    // Other lists have no pages.
    for list in ["clusters", "namespaces", "costs/teams"] {
        succeeds(&full(&api, &format!("/v1/{list}?limit=x&offset=x")));
    }
}

#[test]
fn dates_are_days_in_the_right_order() {
    let api = Kubeadapt::new();
    let ask = |query: &str| full(&api, &format!("/v1/costs/teams?{query}"));
    let costs = |query: &str| {
        let body = succeeds(&ask(query));
        body["items"]
            .as_array()
            .expect("items")
            .iter()
            .map(|item| item["cost"].as_f64().expect("a cost"))
            .sum::<f64>()
    };
    assert!((costs("start_date=2026-01-01&end_date=2026-01-01") * 7.0 - costs("")).abs() < 1e-6);
    assert!((costs("start_date=2024-02-28&end_date=2024-03-01") * 7.0 - costs("") * 3.0).abs() < 1e-6);
    assert!((costs("start_date=2026-01-01&end_date=2026-12-31") * 7.0 - costs("") * 365.0).abs() < 1e-3);
    for date in [
        "2026-02-30",
        "2026-1-1",
        "20260101",
        "2026-01-01T00:00",
        "today",
        "",
        "2026-00-10",
        "+026-01-01",
        "２026-01-01",
    ] {
        lists(
            &ask(&format!("start_date={date}&end_date=2026-01-01").replace('+', "%2B")),
            &[("start_date", "date_parsing", date)],
        );
    }
    lists(
        &ask("end_date=x&start_date=y"),
        &[("start_date", "date_parsing", "y"), ("end_date", "date_parsing", "x")],
    );
    fails(&ask("start_date=2026-01-02&end_date=2026-01-01"), 422, "start_date must not be after end_date");
    for one in ["start_date=2026-01-01", "end_date=2026-01-01"] {
        fails(&ask(one), 422, "start_date and end_date must be given together");
    }
}

#[test]
fn lists_show_what_the_key_may_read() {
    let api = Kubeadapt::new();
    assert_eq!(members(&full(&api, "/v1/clusters"), "id"), [CLUSTER_ID, OTHER_CLUSTER_ID]);
    assert_eq!(members(&get(&api, RESTRICTED_KEY, "/v1/clusters"), "name"), ["production"]);
    for list in ["workloads", "nodes", "namespaces", "recommendations"] {
        let all = members(&full(&api, &format!("/v1/{list}")), "cluster_id");
        let own = members(&get(&api, RESTRICTED_KEY, &format!("/v1/{list}")), "cluster_id");
        let other = members(&full(&api, &format!("/v1/{list}?cluster_id={OTHER_CLUSTER_ID}")), "cluster_id");
        assert_eq!(all.len(), own.len() + other.len());
        assert!(own.iter().all(|id| id == CLUSTER_ID) && other.iter().all(|id| id == OTHER_CLUSTER_ID));
        let refused = get(&api, RESTRICTED_KEY, &format!("/v1/{list}?cluster_id={OTHER_CLUSTER_ID}"));
        fails(&refused, 403, "Access to this cluster is not allowed");
    }
    assert_eq!(members(&full(&api, "/v1/costs/teams"), "team"), ["discovery", "payments"]);
    assert_eq!(succeeds(&full(&api, "/v1/overview"))["cluster_count"], 2);
    assert_eq!(succeeds(&get(&api, RESTRICTED_KEY, "/v1/overview"))["cluster_count"], 1);
    let metrics = |key, uid| get(&api, key, &format!("/v1/workloads/{uid}/metrics"));
    succeeds(&metrics(RESTRICTED_KEY, WORKLOAD_UID));
    succeeds(&metrics(FULL_KEY, OTHER_WORKLOAD_UID));
    fails(&metrics(RESTRICTED_KEY, OTHER_WORKLOAD_UID), 403, "Access to this cluster is not allowed");
}

#[test]
fn other_organisations_cannot_be_told_from_nothing() {
    let api = Kubeadapt::new();
    let routes = [
        "/v1/clusters/ID",
        "/v1/clusters/ID/dashboard",
        "/v1/clusters/ID/cost-distribution?timeframe=24h",
        "/v1/workloads?cluster_id=ID",
        "/v1/nodes?cluster_id=ID&offset=2",
        "/v1/namespaces?cluster_id=ID",
        "/v1/recommendations?cluster_id=ID",
    ];
    for key in [FULL_KEY, RESTRICTED_KEY] {
        for route in routes {
            let absent = get(&api, key, &route.replace("ID", ABSENT_CLUSTER_ID));
            fails(&absent, 404, "Cluster not found");
            assert_eq!(absent, get(&api, key, &route.replace("ID", FOREIGN_CLUSTER_ID)));
        }
        let metrics = |uid| get(&api, key, &format!("/v1/workloads/{uid}/metrics"));
        fails(&metrics(FOREIGN_WORKLOAD_UID), 404, "Workload not found");
        assert_eq!(metrics(FOREIGN_WORKLOAD_UID), metrics(ABSENT_CLUSTER_ID));
    }
}

/// Returns the three numbers of the limit, and the wait in seconds.
#[track_caller]
fn limits(response: &Response) -> ([i64; 3], Option<i64>) {
    let number = |name: &str| response.header(name).map(|text| text.parse::<i64>().expect("a number"));
    let names = ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"];
    (names.map(|name| number(name).unwrap_or_else(|| panic!("no {name}"))), number("Retry-After"))
}

#[test]
fn a_limit_counts_down_and_ends_with_its_window() {
    let (api, clock) = standing(1_800_000_000);
    let ask = |target: &str| get(&api, LIMITED_KEY, target);
    // A quarter of a second after a full second, so that rounding becomes visible.
    clock.advance(Duration::from_millis(250));
    let reset = 1_800_000_003;
    let wrong = distribution("x");
    let targets = ["/v1/clusters", "/v1/clusters/x", "/v1/overview", &wrong, "/v1/clusters/cls-a"];
    for ((target, status), left) in targets.into_iter().zip([200, 400, 403, 400, 404]).zip([4, 3, 2, 1, 0]) {
        let response = ask(target);
        assert_eq!(response.status, status);
        assert_eq!(limits(&response), ([5, left, reset], None));
    }
    // A request without a route belongs to no key.
    let nowhere = ask("/v1/nowhere");
    assert!(nowhere.header("X-RateLimit-Limit").is_none());
    for _ in 0..3 {
        let refused = ask("/v1/clusters");
        fails(&refused, 429, "Rate limit exceeded");
        assert_eq!(limits(&refused), ([5, 0, reset], Some(2)));
    }
    clock.advance(Duration::from_millis(1500));
    let refused = ask("/v1/recommendations");
    fails(&refused, 429, "Rate limit exceeded");
    assert_eq!(limits(&refused), ([5, 0, reset], Some(1)));
    clock.advance(Duration::from_secs(1));
    assert_eq!(limits(&ask("/v1/clusters")), ([5, 4, 1_800_000_005], None));
    let unlimited = full(&api, "/v1/clusters");
    assert!(unlimited.headers.iter().all(|(name, _)| !name.starts_with("X-RateLimit")));
    for _ in 0..200 {
        succeeds(&full(&api, "/v1/clusters"));
    }
}

#[test]
fn waiting_as_told_is_enough_in_real_time() {
    let api = Kubeadapt::new();
    let mut response = get(&api, LIMITED_KEY, "/v1/clusters");
    for _ in 0..12 {
        if response.status == 429 {
            break;
        }
        response = get(&api, LIMITED_KEY, "/v1/clusters");
    }
    fails(&response, 429, "Rate limit exceeded");
    let seconds = limits(&response).1.and_then(|seconds| u64::try_from(seconds).ok()).expect("a wait");
    assert!((1..=2).contains(&seconds));
    std::thread::sleep(Duration::from_secs(seconds));
    succeeds(&get(&api, LIMITED_KEY, "/v1/clusters"));
}

#[test]
fn a_fault_shows_after_validation_and_before_existence() {
    let api = Kubeadapt::new();
    api.conditions().switch_on("internal-fault");
    fails(&full(&api, "/v1/clusters/x"), 400, "Invalid cluster ID format");
    fails(&full(&api, &distribution("x")), 400, "Invalid timeframe: x");
    lists(&full(&api, "/v1/nodes?limit=0"), &[("limit", "greater_than_equal", "0")]);
    fails(
        &get(&api, NO_RECOMMENDATIONS_KEY, "/v1/recommendations"),
        403,
        "Missing required permission: recommendations:read",
    );
    let absent = format!("/v1/clusters/{ABSENT_CLUSTER_ID}");
    let refused = format!("/v1/clusters/{OTHER_CLUSTER_ID}");
    let metrics = format!("/v1/workloads/{ABSENT_CLUSTER_ID}/metrics");
    for target in [
        absent.as_str(),
        &refused,
        &metrics,
        "/v1/clusters",
        "/v1/nodes",
        "/v1/costs/teams",
        "/v1/overview",
        "/v1/dashboard",
    ] {
        fails(&get(&api, RESTRICTED_KEY, target), 500, "Internal server error");
    }
    api.conditions().switch_all_off();
    succeeds(&full(&api, "/v1/clusters"));
}

#[test]
fn the_target_file_is_complete() {
    let text = Kubeadapt::new().target_file("http://127.0.0.1:8080/");
    let file: toml::Table = text.parse().expect("TOML");
    let target = &file["target"]["reference"];
    assert_eq!(target["url"].as_str(), Some("http://127.0.0.1:8080"));
    let keys = [FULL_KEY, NO_RECOMMENDATIONS_KEY, RESTRICTED_KEY, LIMITED_KEY];
    for (role, key) in ["full", "no_recommendations", "restricted", "limited"].into_iter().zip(keys) {
        assert_eq!(target["roles"][role]["bearer"].as_str(), Some(key));
        let exclusive = target["roles"][role].get("exclusive").and_then(toml::Value::as_bool);
        assert_eq!(exclusive, (role == "limited").then_some(true));
    }
    let variables = target["variables"].as_table().expect("variables");
    assert_eq!((variables.len(), variables["burst"].as_integer()), (8, Some(12)));
    assert_eq!(variables["revoked_key"].as_str(), Some(REVOKED_KEY));
    assert_eq!(target["conditions"].as_table().map(toml::Table::len), Some(1));
}

/// Sends a request for every quirk and checks how the quirk changes its response.
#[test]
fn every_quirk_changes_a_response() {
    let (first, _) = standing(1_800_000_000);
    for quirk in first.quirks().known() {
        let (api, clock) = standing(1_800_000_000);
        let foreign = format!("/v1/clusters/{FOREIGN_CLUSTER_ID}");
        let refused = || {
            for _ in 0..5 {
                get(&api, LIMITED_KEY, "/v1/clusters");
            }
            get(&api, LIMITED_KEY, "/v1/clusters")
        };
        let again = || {
            refused();
            clock.advance(Duration::from_secs(2));
            get(&api, LIMITED_KEY, "/v1/clusters")
        };
        let fault = || {
            api.conditions().switch_on("internal-fault");
            full(&api, "/v1/clusters")
        };
        let ask = || match quirk.name {
            "unknown-timeframe-accepted" => full(&api, &distribution("fortnight")),
            "invalid-number-accepted" | "invalid-number-is-400" => full(&api, "/v1/workloads?limit=abc"),
            "first-problem-only" | "problems-of-another-shape" | "problems-as-texts" => {
                full(&api, "/v1/workloads?limit=abc&offset=-1")
            }
            "contradictory-dates-accepted" => {
                full(&api, "/v1/costs/teams?start_date=2026-02-01&end_date=2026-01-01")
            }
            "malformed-id-is-404" => full(&api, "/v1/clusters/not-a-uuid"),
            "missing-key-accepted" => api.response(&Request::new("GET", "/v1/clusters")),
            "unknown-key-accepted" => get(&api, "ka_nobody", "/v1/clusters"),
            "revoked-key-accepted" | "revoked-key-is-403" => get(&api, REVOKED_KEY, "/v1/clusters"),
            "scope-not-enforced" => get(&api, NO_RECOMMENDATIONS_KEY, "/v1/recommendations"),
            "allowed-clusters-not-enforced" => {
                get(&api, RESTRICTED_KEY, &format!("/v1/clusters/{OTHER_CLUSTER_ID}"))
            }
            "absent-cluster-answered" => full(&api, "/v1/clusters/cls-nonexistent"),
            "foreign-cluster-revealed" | "foreign-cluster-told-apart" => full(&api, &foreign),
            "still-refused-after-wait" => again(),
            "internal-error-leaks-message" | "internal-error-hidden" => fault(),
            _ => refused(),
        };
        let right = ask();
        clock.advance(Duration::from_secs(10));
        assert!(api.quirks().switch_on(quirk.name));
        let wrong = ask();
        let detail = wrong.document().expect("JSON")["detail"].clone();
        let header = |name: &str| wrong.header(name).map(str::to_owned);
        match quirk.name {
            "invalid-number-is-400" => assert_eq!((right.status, wrong.status), (422, 400)),
            "first-problem-only" => assert_eq!(detail.as_array().map(Vec::len), Some(1)),
            "problems-of-another-shape" => assert!(detail[0]["field"].is_string(), "{detail}"),
            "problems-as-texts" => assert!(detail[0].is_string(), "{detail}"),
            "malformed-id-is-404" => assert_eq!((right.status, wrong.status), (400, 404)),
            "revoked-key-is-403" => assert_eq!((right.status, wrong.status), (401, 403)),
            "foreign-cluster-told-apart" => {
                assert_eq!((right.status, wrong.status), (404, 404));
                assert_ne!(right.body, wrong.body);
                let absent = full(&api, "/v1/clusters/cls-nonexistent");
                fails(&absent, 404, "Cluster not found");
            }
            "still-refused-after-wait" => assert_eq!((right.status, wrong.status), (200, 429)),
            "internal-error-leaks-message" => {
                assert!(detail.as_str().is_some_and(|text| text.contains("Traceback")))
            }
            "limit-headers-missing" => assert_eq!(header("X-RateLimit-Reset"), None),
            "limit-headers-in-words" => assert_eq!(header("X-RateLimit-Limit").as_deref(), Some("five")),
            "retry-after-missing" => assert_eq!(header("Retry-After"), None),
            "retry-after-in-words" => assert_eq!(header("Retry-After").as_deref(), Some("a moment")),
            "remaining-above-zero" => assert_eq!(limits(&wrong).0[1], 1),
            "reset-in-the-past" => assert!(limits(&wrong).0[2] < clock.now().as_second()),
            "retry-after-disagrees" => {
                let ([_, _, reset], wait) = limits(&wrong);
                assert!(reset - clock.now().as_second() > wait.expect("a wait") + 30);
            }
            name => {
                assert!(right.status >= 400, "{name}: {right:?}");
                assert_eq!(wrong.status, 200, "{name}: {detail}");
            }
        }
    }
}

#[test]
fn generic_mutants_find_their_way_around_the_envelope() {
    let api = Kubeadapt::new();
    let failing = Request::new("GET", "/v1/clusters/cls-a").with_bearer(FULL_KEY);
    let invalid = Request::new("GET", "/v1/workloads?limit=x").with_bearer(FULL_KEY);
    let succeeding = Request::new("GET", "/v1/clusters").with_bearer(FULL_KEY);
    let mutants = mutants_of(&api);
    for mutant in mutants.iter().filter(|mutant| mutant.changes_every_error()) {
        let right = api.response(&failing);
        let mut wrong = right.clone();
        mutant.change(&api, &failing, &mut wrong);
        let mut list = api.response(&invalid);
        mutant.change(&api, &invalid, &mut list);
        match mutant.id.as_ref() {
            // A single key cannot be reversed, and a string is not a list.
            "keys-reversed" => assert_eq!(right, wrong),
            "message-list-as-text" => {
                assert_eq!(right, wrong);
                fails(&list, 422, "Input should be a valid integer");
            }
            id => assert_ne!(right, wrong, "{id}"),
        }
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
        !ids.contains("code-missing") && !ids.contains("request-id-missing") && ids.contains("status-200")
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
    let segments = [
        "clusters",
        "clusters",
        CLUSTER_ID,
        FOREIGN_CLUSTER_ID,
        OTHER_CLUSTER_ID,
        "dashboard",
        "cost-distribution",
        "workloads",
        WORKLOAD_UID,
        "metrics",
        "nodes",
        "overview",
        "costs",
        "teams",
        "cls-a",
        "",
        "%ff",
        "%",
        "ä",
        "..",
        "%00",
    ];
    let queries = [
        "",
        "?",
        "?limit=5",
        "?limit=x&offset=-1",
        "?timeframe=90d",
        "?timeframe=%ff",
        "?cluster_id=cls-a",
        "?offset=18446744073709551615&limit=100",
        "?start_date=0000-01-01&end_date=9999-12-31",
        "?start_date=2026-01-01",
        "?%=%&&=",
        "??",
    ];
    let first = Kubeadapt::new();
    let quirks: Vec<&str> = first.quirks().known().iter().map(|quirk| quirk.name).collect();
    let mut dice = Dice::new();
    let mut statuses = HashSet::new();
    let mut api = first;
    for round in 0..rounds {
        if round % 100 == 0 {
            api = Kubeadapt::new();
            if round % 200 == 0 {
                // Even if it misbehaves in one way, it must still respond, and in its own form.
                api.quirks().switch_on(dice.roll(&quirks));
            }
            if round % 500 == 0 {
                api.conditions().switch_on("internal-fault");
            }
        }
        let mut target = String::from("/v1");
        for _ in 0..dice.roll(&["a", "ab", "abc"]).len() {
            target.push('/');
            target.push_str(dice.roll(&segments));
        }
        target.push_str(dice.roll(&queries));
        let method = dice.roll(&["GET", "GET", "GET", "HEAD", "POST", "OPTIONS"]);
        let key = dice.roll(&[
            FULL_KEY,
            FULL_KEY,
            RESTRICTED_KEY,
            NO_RECOMMENDATIONS_KEY,
            LIMITED_KEY,
            REVOKED_KEY,
        ]);
        let response = api.response(&Request::new(method, &target).with_bearer(key));
        let body = response.document().expect("JSON");
        assert!(
            [200, 400, 401, 403, 404, 405, 422, 429, 500].contains(&response.status),
            "{target}: {response:?}"
        );
        assert_eq!(response.header("content-type"), Some("application/json"));
        if response.status >= 400 {
            assert!(
                body["detail"].is_string() || response.status != 200 && body["detail"].is_array(),
                "{target}: {body}"
            );
            assert_eq!(body.as_object().map(serde_json::Map::len), Some(1));
        }
        statuses.insert(response.status);
    }
    assert!(rounds < dice::MANY || statuses.len() == 9, "the dice reach too little: {statuses:?}");
}
