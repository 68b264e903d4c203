//! Passes a request on to the target and its response back, and gives both to the judge.

use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use bytes::{Bytes, BytesMut};
use failspec_observe::{RecordedBody, RecordedExchange, RecordedRequest, RecordedResponse};
use http::{
    HeaderMap, HeaderName, Request, Response, StatusCode, Uri,
    header::{CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderValue, LOCATION, UPGRADE},
};
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::{Body as _, Frame, Incoming};
use serde_json::json;

use crate::{
    decode::decoded,
    kept_body::{Kept, PassingBody, SharedKept, locked},
    server::{Judge, Shared, Verdict},
    upgrade,
};

/// The body of a response of the proxy: that of the target, or one of its own.
pub(crate) type ProxyBody = Either<PassingBody, Full<Bytes>>;

/// Headers that concern one connection only (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [&str; 5] = ["connection", "keep-alive", "proxy-connection", "te", "transfer-encoding"];

/// An exchange that is going on.
struct Pending {
    entry: u64,
    started: String,
    began: Instant,
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: SharedKept,
}

pub(crate) async fn forward<J: Judge>(
    shared: &Arc<Shared<J>>,
    mut request: Request<Incoming>,
) -> Response<ProxyBody> {
    let Some(uri) = target_uri(&shared.target, request.uri()) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "the request has no path that can be passed on",
            &Verdict::default(),
        );
    };
    let wants_upgrade = request.headers().contains_key(UPGRADE);
    let client = wants_upgrade.then(|| hyper::upgrade::on(&mut request));
    let kept = Arc::new(Mutex::new(Kept::new(shared.limit, &shared.budget)));
    let (mut parts, body) = request.into_parts();
    let own_host = parts.headers.get(HOST).cloned();
    parts.uri = uri;
    let authority = parts.uri.authority().map(|authority| HeaderValue::from_str(authority.as_str()));
    if let Some(Ok(host)) = authority {
        parts.headers.insert(HOST, host);
    }
    let pending = Pending {
        entry: shared.next_entry(),
        started: jiff::Timestamp::now().to_string(),
        began: Instant::now(),
        method: parts.method.to_string(),
        url: parts.uri.to_string(),
        headers: headers(&parts.headers),
        body: Arc::clone(&kept),
    };
    hop(&mut parts.headers, wants_upgrade);
    let sent = Request::from_parts(parts, PassingBody::new(None, body, kept, None));
    let mut response = match shared.client.request(sent).await {
        Ok(response) => response,
        Err(error) => {
            shared.judge.judge(pending.finished(None, false));
            let reason = source_of(&error);
            let title = format!("the target cannot be reached: {reason}");
            return problem(StatusCode::BAD_GATEWAY, &title, &Verdict::default());
        }
    };
    if response.status() == StatusCode::SWITCHING_PROTOCOLS
        && let Some(client) = client
    {
        upgrade::join(client, hyper::upgrade::on(&mut response));
        let head = RecordedResponse {
            status: 101,
            headers: headers(response.headers()),
            body: RecordedBody::Absent,
        };
        shared.judge.judge(pending.finished(Some(head), true));
        return response.map(|_| Either::Right(Full::default()));
    }
    hop(response.headers_mut(), false);
    // Judged is what the target sent; the client is not led past the proxy.
    let of_target = response.headers().get(LOCATION).cloned();
    let redirected = of_target
        .as_ref()
        .and_then(|location| redirected(location, &shared.target, own_host.as_ref()?.to_str().ok()?));
    match shared.enforce && !is_stream(response.headers()) {
        true => led(enforced(shared, pending, response).await, redirected),
        false => led(passed(shared, pending, None, response), redirected),
    }
}

/// Replaces the address of a redirect.
fn led(mut response: Response<ProxyBody>, redirected: Option<HeaderValue>) -> Response<ProxyBody> {
    if let Some(redirected) = redirected {
        response.headers_mut().insert(LOCATION, redirected);
    }
    response
}

/// Returns the address of a redirect to the target as one of the proxy, at the host by which the client knows it.
fn redirected(location: &HeaderValue, target: &url::Url, own_host: &str) -> Option<HeaderValue> {
    let location = location.to_str().ok()?;
    let is_path = location.starts_with('/') && !location.starts_with("//");
    let base = target.path().trim_end_matches('/');
    // The client resolves a path against the proxy, whose root is the path of the target.
    let to = match is_path {
        true if base.is_empty() => return None,
        true => target.join(location).ok()?,
        false => url::Url::parse(location).ok()?,
    };
    if to.origin() != target.origin() {
        return None;
    }
    // Paths below that of the target are the proxy's; others cannot be reached through it.
    let below = to.path().strip_prefix(base).filter(|path| path.is_empty() || path.starts_with('/'));
    let Some(path) = below else {
        return is_path.then(|| HeaderValue::from_str(to.as_str()).ok())?;
    };
    let query = to.query().map(|query| format!("?{query}")).unwrap_or_default();
    let fragment = to.fragment().map(|fragment| format!("#{fragment}")).unwrap_or_default();
    HeaderValue::from_str(&format!("http://{own_host}{path}{query}{fragment}")).ok()
}

/// Passes a response on, and gives it to the judge at its end. `first` are its bytes that were read before.
fn passed<J: Judge>(
    shared: &Arc<Shared<J>>,
    pending: Pending,
    first: Option<Bytes>,
    response: Response<Incoming>,
) -> Response<ProxyBody> {
    let kept = Arc::new(Mutex::new(Kept::new(shared.limit, &shared.budget)));
    if let Some(first) = &first {
        locked(&kept).keep(first);
    }
    let (parts, body) = response.into_parts();
    let (status, of_target) = (parts.status.as_u16(), headers(&parts.headers));
    let coding = coding(&parts.headers);
    let (own, of_body, limit) = (Arc::clone(shared), Arc::clone(&kept), shared.limit);
    let done = move || {
        let body = recorded(&mut locked(&of_body), coding.as_deref(), limit);
        let response = RecordedResponse { status, headers: of_target, body };
        own.judge.judge(pending.finished(Some(response), false));
    };
    // A body that is empty is never asked for.
    if body.is_end_stream() && first.is_none() {
        locked(&kept).end();
        done();
        return Response::from_parts(parts, Either::Left(PassingBody::new(None, body, kept, None)));
    }
    let first = first.filter(|first| !first.is_empty()).map(Frame::data);
    Response::from_parts(parts, Either::Left(PassingBody::new(first, body, kept, Some(Box::new(done)))))
}

/// Reads a response whole, and passes it on if the judge has nothing against it. One that is too large passes unjudged.
async fn enforced<J: Judge>(
    shared: &Arc<Shared<J>>,
    pending: Pending,
    mut response: Response<Incoming>,
) -> Response<ProxyBody> {
    let mut read = BytesMut::new();
    let mut trailers = None;
    loop {
        match response.body_mut().frame().await {
            None => break,
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    read.extend_from_slice(&data);
                    if read.len() > shared.limit {
                        return passed(shared, pending, Some(read.freeze()), response);
                    }
                }
                Err(frame) => trailers = frame.into_trailers().ok(),
            },
            Some(Err(error)) => {
                let cut = RecordedResponse {
                    status: response.status().as_u16(),
                    headers: headers(response.headers()),
                    body: RecordedBody::Truncated,
                };
                shared.judge.judge(pending.finished(Some(cut), false));
                let title = format!("the response of the target ended early: {}", source_of(&error));
                return problem(StatusCode::BAD_GATEWAY, &title, &Verdict::default());
            }
        }
    }
    let bytes = read.freeze();
    let judged = RecordedResponse {
        status: response.status().as_u16(),
        headers: headers(response.headers()),
        body: decoded(bytes.clone(), coding(response.headers()).as_deref(), shared.limit),
    };
    let verdict = shared.judge.judge(pending.finished(Some(judged), false));
    if !verdict.violations.is_empty() {
        return problem(StatusCode::BAD_GATEWAY, "the response violates the contract", &verdict);
    }
    let (parts, _) = response.into_parts();
    let body = Full::new(bytes);
    // Trailers of a body that was read whole would need a body of their own; no client relies on them.
    drop(trailers);
    Response::from_parts(parts, Either::Right(body))
}

impl Pending {
    /// Returns the finished exchange.
    fn finished(self, response: Option<RecordedResponse>, is_upgraded: bool) -> RecordedExchange {
        let body = {
            let mut kept = locked(&self.body);
            if kept.is_over() { Bytes::new() } else { kept.take() }
        };
        RecordedExchange {
            entry: self.entry,
            started: Some(self.started),
            ms: self.began.elapsed().as_secs_f64() * 1000.0,
            request: RecordedRequest { method: self.method, url: self.url, headers: self.headers, body },
            response,
            is_cached: false,
            is_upgraded,
        }
    }
}

fn recorded(kept: &mut Kept, coding: Option<&str>, limit: usize) -> RecordedBody {
    if kept.is_over() {
        return RecordedBody::TooLarge;
    }
    if !kept.is_whole() {
        return RecordedBody::Truncated;
    }
    decoded(kept.take(), coding, limit)
}

fn coding(headers: &HeaderMap) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(CONTENT_ENCODING)?.as_bytes()).into_owned())
}

/// Returns true for a response that ends only when somebody ends it.
fn is_stream(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    media_type.to_ascii_lowercase().starts_with(b"text/event-stream")
}

/// Returns the URL of the target for a request: its path is appended to that of the target.
fn target_uri(target: &url::Url, requested: &Uri) -> Option<Uri> {
    let path = requested.path_and_query().map_or("/", |path| path.as_str());
    // `OPTIONS *` asks about the server itself.
    let path = if path == "*" { "/" } else { path };
    let base = target.path().trim_end_matches('/');
    let host = target.host_str()?;
    let port = target.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}{base}{path}", target.scheme()).parse().ok()
}

/// Removes what concerns one connection only; hyper says how it sends a body.
fn hop(headers: &mut HeaderMap, keeps_upgrade: bool) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    if keeps_upgrade {
        return;
    }
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(name);
    }
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// Returns the innermost reason of an error: the outer ones say only who failed.
fn source_of(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Returns a response of the proxy itself (RFC 9457).
fn problem(status: StatusCode, title: &str, verdict: &Verdict) -> Response<ProxyBody> {
    let checks: Vec<_> = verdict
        .violations
        .iter()
        .map(|(check, message)| json!({ "check": check, "message": message }))
        .collect();
    let body = json!({
        "type": "about:blank",
        "title": title,
        "status": status.as_u16(),
        "detail": verdict.violations.iter().map(|(check, message)| format!("{check}: {message}")).collect::<Vec<_>>().join("; "),
        "violations": checks,
    });
    let mut response = Response::new(Either::Right(Full::from(body.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    response.headers_mut().insert("x-failspec-proxy", HeaderValue::from_static("replaced"));
    response
}
