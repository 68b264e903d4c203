//! Internal details in responses to server-side failures.

use std::{fmt, sync::LazyLock};

use failspec_base::encoding::percent_decode;
use regex::{Regex, RegexSet};
use serde_json::Value;

use failspec_base::message::{Header, is_loopback};
use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    response_view::{Within, quote},
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "leaks",
    summary: "a response to a server-side failure reveals no internals",
    source: "`leaks: forbidden` of the failure in the contract; otherwise inferred, a warning, for 5xx only",
    text: "Stack traces, database errors, file paths and addresses of internal services help attackers, not \
users. Where the documentation promises generic texts, each of these is a violation; where it promises \
nothing, it is a warning for responses with a 5xx status. Texts, names of members and headers are searched. \
What the request itself said (its URL, its body, its headers without credentials) is no leak, nor is the \
address of the client.",
    when: When::Refused,
    run,
};

/// A sign of internal details: its name, and a pattern that ordinary error texts do not match.
type Sign = (&'static str, &'static str);

const FILE_PATH: &str = "a file path of the server";
const ADDRESS: &str = "the address of an internal service";

const SIGNS: &[Sign] = &[
    ("a Go stack trace", r"goroutine \d+ \[|\b\w+\.go:\d+"),
    ("a Go panic", r"runtime error: |(^|\s)panic: |nil pointer dereference"),
    (
        "a Java stack trace",
        r"\bat [\w.$<>]+\([\w$]+\.(java|kt|scala|groovy):\d+\)|Exception in thread|Caused by: [\w.$]+|\b(java|javax|jakarta|jdk|sun|kotlin|scala|org\.(springframework|hibernate|apache|postgresql|eclipse)|com\.(sun|mysql|datastax|fasterxml))\.[\w.$]*(Exception|Error)\b|\b(org|com|net|io)\.[\w.$]+(Exception|Error): ",
    ),
    (
        "a Python stack trace",
        r#"Traceback \(most recent call last\)|File "[^"]+\.py", line \d+|'NoneType' object |\b(psycopg2?|sqlalchemy|django)\.[\w.]+"#,
    ),
    (
        "a Rust panic",
        r"thread '[^']*' (\(\d+\) )?panicked at|panicked at [\w/.'\\ -]+\.rs:\d+|RUST_BACKTRACE|called `(Option|Result)::unwrap\(\)`",
    ),
    (
        "a Node.js stack trace",
        r"\bat [\w.<> ]+ \((/|[A-Z]:\\|node:|file:)[^)]+:\d+:\d+\)|node:internal/|\bnode_modules/|Cannot read propert(y|ies) of (undefined|null)",
    ),
    ("a .NET stack trace", r"\bat [\w.`<>]+\([^)]*\) in .+:line \d+|\b(System|Microsoft)\.[\w.]*Exception\b"),
    (
        "a PHP error",
        r"(Fatal error|Warning|Notice): .+ in /.+\.php|\.php(:\d+|\(\d+\)| on line \d+)|PDOException",
    ),
    ("a Ruby stack trace", r"\.rb:\d+:in [`']|\b(ActiveRecord|ActionController|ActionView)::\w+"),
    ("an Elixir or Erlang error", r"\*\* \(\w+(\.\w+)*Error\)|\.exs?:\d+: |\{badmatch,|\{function_clause,"),
    ("a Perl error", r" at \S+\.p[lm] line \d+"),
    ("a Lua error", r"\.lua:\d+: "),
    (
        "a crash of native code",
        r"Segmentation fault|core dumped|terminate called after throwing|\bstd::\w+_error\b",
    ),
    (
        "a database error",
        r#"(?x) SQLSTATE\[ | \bpq:\s | ORA-\d{5} | SQLCODE=-?\d | \bERROR\ \d{4}\ \([0-9A-Z]{5}\)
        | syntax\ error\ at\ or\ near | You\ have\ an\ error\ in\ your\ SQL\ syntax | Incorrect\ syntax\ near
        | Unclosed\ quotation\ mark\ after | near\ "[^"]*":\ syntax\ error
        | violates\ (unique|foreign\ key|check|not-null|exclusion)\ constraint | Violation\ of\ (PRIMARY|UNIQUE)\ KEY
        | Duplicate\ entry\ '[^']*'\ for\ key | (UNIQUE|FOREIGN\ KEY|NOT\ NULL|CHECK)\ constraint\ failed
        | (relation|column)\ "[^"]+"\ (of\ relation\ "[^"]+"\ )?does\ not\ exist | no\ such\ (table|column):
        | Unknown\ column\ '[^']+' | Table\ '[^']+\.[^']+'\ doesn't\ exist | sql:\ no\ rows\ in\ result\ set
        | \bE11000\b | \bMongo(Server|Network|Bulk\w*)?Error\b | WRONGTYPE\ Operation\ against
        | \b(index_not_found|search_phase_execution|mapper_parsing)_exception\b
        | could\ not\ (execute|prepare)\ (statement|query) | could\ not\ extract\ ResultSet
        | Invalid\ `prisma\. | deadlock\ detected\ by\ engine
        | \bSELECT\s.+\sFROM\s.+\sWHERE\s | \bINSERT\ INTO\s\S+\s*\([^)]*\)\s*VALUES\b | \bUPDATE\s\S+\sSET\s.+\sWHERE\s
        | \bDELETE\ FROM\s\S+\sWHERE\s "#,
    ),
    (
        FILE_PATH,
        r"(^|[\s'\x22(=:\[])(/(usr|home|var|opt|etc|root|app|srv|go|src|tmp|mnt|proc|workspace)/[\w.@-]+(/[\w.@-]+)*|[A-Z]:\\\\?[\w .-]+\\\\?[\w .\\-]+)",
    ),
    (
        ADDRESS,
        r"dial (tcp|udp) |\b(10\.\d{1,3}|192\.168|172\.(1[6-9]|2\d|3[01]))\.\d{1,3}\.\d{1,3}(:\d+)?\b|\b169\.254\.169\.254\b|\b(localhost|127\.0\.0\.1):\d+|[\w-]+\.svc(\.cluster\.local|:\d+)\b|[\w-]+\.[\w-]+\.svc\b|\bip-\d+-\d+-\d+-\d+\b|[\w-]\.(ec2|compute)\.internal\b|connection refused|ECONNREFUSED|ENOTFOUND|no such host",
    ),
];

/// Response headers that servers in front of the API write, or that contain paths of URLs.
const SKIPPED_HEADERS: &[&str] = &[
    "via",
    "forwarded",
    "x-forwarded-for",
    "x-real-ip",
    "x-served-by",
    "x-cache",
    "set-cookie",
    "link",
    "content-security-policy",
    "www-authenticate",
    "report-to",
    "nel",
];

static ANY: LazyLock<Option<RegexSet>> =
    LazyLock::new(|| RegexSet::new(SIGNS.iter().map(|(_, pattern)| pattern)).ok());
static EACH: LazyLock<Vec<Option<Regex>>> =
    LazyLock::new(|| SIGNS.iter().map(|(_, pattern)| Regex::new(pattern).ok()).collect());

/// Words before an address that say that it is the client's own.
static CLIENT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(client|remote|caller|peer|source|origin|your|visitor)[\w' :=-]*$").ok()
});

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let forbidden = subject.failure.leaks_forbidden;
    if forbidden.is_none() && subject.response().status < 500 {
        return Vec::new();
    }
    let source = forbidden.unwrap_or(Provenance::Inferred);
    let mut suspicious = Vec::new();
    let document = subject.response().document().value.as_ref();
    if let Within::Stream(format) = subject.view.within {
        for (index, item) in subject.response().items(format).iter().enumerate() {
            let number = index.to_string();
            collect(&item.value, &At::Member(&At::Root, &number), &mut suspicious);
        }
        // Lines that begin with a colon are comments of an event stream.
        for comment in subject.response().text_lossy().lines().filter(|line| line.starts_with(':')) {
            suspect(comment, || "a comment of the stream".to_owned(), &mut suspicious);
        }
    }
    match document {
        _ if matches!(subject.view.within, Within::Stream(_)) => {}
        Some(body) => {
            collect(body, &At::Root, &mut suspicious);
            for aside in &subject.response().document().asides {
                suspect(aside, || "a comment of the body".to_owned(), &mut suspicious);
            }
        }
        None => suspect(&subject.response().text_lossy(), || "the body".to_owned(), &mut suspicious),
    }
    for (name, value) in subject.response().headers_text() {
        if !SKIPPED_HEADERS.contains(&name) {
            suspect(&value, || format!("the header {name}"), &mut suspicious);
        }
    }
    if suspicious.is_empty() {
        return Vec::new();
    }
    let known = KnownTexts::of(subject);
    suspicious
        .iter()
        .flat_map(|(at, text)| signs(at, text, &known).into_iter().map(move |found| (at, found)))
        .map(|(at, (what, sample))| {
            let source = subject.weight(source);
            Finding::new(CHECK.id, source, "no internals", format!("{what} in {at}: {sample}"))
                .saying(format!("{at} reveals {what}: {sample}"))
        })
        .collect()
}

/// Texts with a sign, and their locations.
type Suspicious = Vec<(String, String)>;

/// Adds a text if it has any sign. Most texts have none, so nothing is copied for them.
fn suspect(text: &str, at: impl FnOnce() -> String, suspicious: &mut Suspicious) {
    if ANY.as_ref().is_some_and(|any| any.is_match(text)) {
        suspicious.push((at(), text.to_owned()));
    }
}

/// Texts that reveal nothing: what the request itself said, and what is public.
#[derive(Debug, Default)]
struct KnownTexts {
    texts: Vec<String>,
    /// The beginning of the request's path: `/app/` for an API below `/app`.
    mount: Option<String>,
    /// True if the target is on this machine, so that its local addresses are those of the tester too.
    is_local: bool,
}

impl KnownTexts {
    fn of(subject: &Subject<'_>) -> Self {
        let request = &subject.exchange.request;
        let url = &request.url;
        let decoded = percent_decode(url.as_str()).into_owned();
        let mut texts = vec![url.to_string(), decoded];
        texts.extend(request.body.as_ref().map(|body| String::from_utf8_lossy(&body.bytes).into_owned()));
        // The values of credentials must not come back, so they are not known.
        let is_credential = |header: &Header| !header.shown.is_plain();
        let headers = request.headers.iter().filter(|header| !is_credential(header));
        texts.extend(headers.map(|header| header.value.clone()));
        texts.extend(subject.contract.documentation.clone());
        let first = url.path_segments().and_then(|mut segments| segments.next());
        let mount = first.filter(|segment| !segment.is_empty()).map(|segment| format!("/{segment}/"));
        Self { texts, mount, is_local: is_loopback(url) }
    }

    fn has(&self, what: &str, sample: &str) -> bool {
        // Links to other resources of the API begin like the path of the request.
        let is_link = || self.mount.as_ref().is_some_and(|mount| sample.starts_with(mount.as_str()));
        let is_long = sample.len() >= MIN_KNOWN_LEN;
        let is_here = sample.starts_with("localhost:") || sample.starts_with("127.0.0.1:");
        if what == ADDRESS && self.is_local && is_here {
            return true;
        }
        (is_long && self.texts.iter().any(|text| text.contains(sample))) || (what == FILE_PATH && is_link())
    }
}

/// Minimum length of a text that the request can have said, in bytes: shorter ones occur in any request by chance.
const MIN_KNOWN_LEN: usize = 4;

/// Collects the texts of a value that have a sign: strings, and the names of members.
fn collect(value: &Value, at: &At<'_>, suspicious: &mut Suspicious) {
    match value {
        Value::String(text) => suspect(text, || at.to_string(), suspicious),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &At::Item(at, index), suspicious);
            }
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                suspect(key, || format!("a member name at {at}/"), suspicious);
                collect(value, &At::Member(at, key), suspicious);
            }
        }
        _ => {}
    }
}

/// A location in a value. It is written only for a text with a sign, so nothing is allocated for the others.
#[derive(Debug, Clone, Copy)]
enum At<'a> {
    Root,
    Member(&'a At<'a>, &'a str),
    Item(&'a At<'a>, usize),
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Member(parent, key) => write!(f, "{parent}/{key}"),
            Self::Item(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}

/// Returns the signs in a text, each with the first part that matched and that is not known.
fn signs(at: &str, text: &str, known: &KnownTexts) -> Vec<(&'static str, String)> {
    let Some(any) = ANY.as_ref() else {
        return Vec::new();
    };
    let delimiters = |character: char| character.is_whitespace() || "'\"(=:[,".contains(character);
    any.matches(text)
        .into_iter()
        .filter_map(|index| {
            let what = SIGNS[index].0;
            let mut found = EACH[index].as_ref()?.find_iter(text);
            found.find_map(|found| {
                let sample = found.as_str().trim_start_matches(delimiters).trim_end_matches(['.', ' ', ':']);
                let is_client = what == ADDRESS && is_address_of_client(at, &text[..found.start()], sample);
                (!is_client && !known.has(what, sample)).then(|| (what, quote(sample)))
            })
        })
        .collect()
}

/// Returns true for an address without a port, of which the member or the words before it say that it is the
/// client's.
fn is_address_of_client(at: &str, before: &str, sample: &str) -> bool {
    let is_bare = sample.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let start = before.floor_char_boundary(before.len().saturating_sub(MAX_CONTEXT_LEN));
    let words = &before[start..];
    is_bare && CLIENT.as_ref().is_some_and(|client| client.is_match(words) || client.is_match(at))
}

/// How much of the text before an address is looked at, in bytes.
const MAX_CONTEXT_LEN: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pattern_compiles() {
        assert!(ANY.is_some());
        assert!(EACH.iter().all(Option::is_some));
        assert!(CLIENT.is_some());
    }

    #[test]
    fn the_inside_is_seen_and_ordinary_texts_are_not() {
        let found = |text: &str| signs("/message", text, &KnownTexts::default());
        for text in [
            "goroutine 17 [running]:\nmain.handler()",
            "Traceback (most recent call last):\n  File \"/srv/app.py\", line 3",
            "java.lang.NullPointerException at com.x.Y.z(Y.java:12)",
            "java.lang.NullPointerException",
            "com.acme.billing.QuotaException: no quota row",
            "thread 'main' panicked at src/main.rs:4:5",
            "TypeError: x\n    at Object.<anonymous> (/srv/x.js:3:1)",
            "TypeError: Cannot read properties of undefined (reading 'id')",
            "pq: duplicate key value violates unique constraint \"users_pkey\"",
            "UNIQUE constraint failed: users.email",
            "Duplicate entry 'a@b' for key 'users.email'",
            "E11000 duplicate key error collection: shop.users index: email_1",
            "relation \"orders\" does not exist",
            "Violation of PRIMARY KEY constraint 'PK_users'",
            "could not execute statement; SQL [n/a]",
            "INSERT INTO users (id, name) VALUES (1, 'x')",
            "app/models/user.rb:12:in `find'",
            "** (Ecto.NoResultsError) expected at least one result",
            "died at /lib/Api.pm line 40.",
            "Uncaught PDOException",
            "System.NullReferenceException: Object reference not set",
            "Segmentation fault",
            "open /etc/kubeglass/config.yaml: permission denied",
            "dial tcp 10.0.0.1:6443: connect: connection refused",
            "http://localhost:9200/_search failed",
            "orders-db.shop.svc timed out",
            "connect ECONNREFUSED",
        ] {
            assert!(!found(text).is_empty(), "{text}");
        }
        for text in [
            "Internal server error",
            "The request to /api/v1/namespaces/default/configmaps failed",
            "Could not reach the Kubernetes API server; try again later",
            "helm: release not found (exit status 1)",
            "Select a cluster from the list where you have rights",
            "See https://example.com/docs/errors for help",
            "version 1.10.2.4 is not supported",
            "com.acme.errors.NotFoundError",
            "org.acme.orders.v1.QuotaExceededException",
            "type.googleapis.com/google.rpc.ErrorInfo",
            "Your address 10.0.0.7 is blocked",
            "the column is unknown, the table does not exist",
            "Update the name and set a filter where needed",
            "The system is busy. Exception handling is described on the page.",
        ] {
            assert!(found(text).is_empty(), "{text}: {:?}", found(text));
        }
        assert!(signs("/clientIp", "10.0.0.7", &KnownTexts::default()).is_empty());
        assert!(!signs("/host", "10.0.0.7", &KnownTexts::default()).is_empty());
        assert!(!signs("/clientIp", "10.0.0.7:5432", &KnownTexts::default()).is_empty());
    }

    #[test]
    fn what_the_request_said_is_known() {
        let known = KnownTexts {
            texts: vec!["http://192.168.1.5:8080/app/reports/slow?file=/etc/hosts".to_owned()],
            mount: Some("/app/".to_owned()),
            is_local: false,
        };
        for text in [
            "/app/reports/slow",
            "no such report: /app/reports/slow.",
            "see /app/help/errors",
            "cannot read /etc/hosts",
            "http://192.168.1.5:8080/problems/slow",
        ] {
            assert_eq!(signs("/message", text, &known), [], "{text}");
        }
        let local = KnownTexts { is_local: true, ..KnownTexts::default() };
        assert_eq!(signs("/type", "http://localhost:8080/problems/absent", &local), []);
        assert_ne!(signs("/type", "http://10.0.0.7:8080/problems/absent", &local), []);
        for text in ["/etc/passwd: /app/reports/slow", "192.168.1.5:5432 is down", "open /srv/app/main.conf"]
        {
            assert_ne!(signs("/message", text, &known), [], "{text}");
        }
    }
}
