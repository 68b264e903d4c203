//! Headers that must not occur twice.

use failspec_base::message::must_be_single;
use failspec_pack::pack::Provenance;

use super::{
    definition::{Check, When},
    finding::Finding,
    subject::Subject,
};

pub(super) static CHECK: Check = Check {
    id: "duplicate-header",
    summary: "a header that has only one value occurs once",
    source: "RFC 9110, section 5.3; a warning",
    text: "The response has two lines of a header that is no list, such as Content-Type or Retry-After. Some \
clients take the first, others the last, others both together. The other checks look at the first. Lists, such \
as Allow or WWW-Authenticate, may have several lines, and so may Set-Cookie.",
    when: When::Always,
    run,
};

fn run(subject: &Subject<'_>) -> Vec<Finding> {
    let response = subject.response();
    let doubled = response.headers.keys().filter(|name| must_be_single(name.as_str()));
    doubled
        .filter_map(|name| {
            let lines = response.header_lines(name.as_str());
            if lines.len() < 2 {
                return None;
            }
            let (expected, actual) = (format!("one {name}"), lines.join(" and "));
            let message = format!("the response has {name} {} times: {actual}", lines.len());
            Some(Finding::new(CHECK.id, Provenance::Standard, expected, actual).saying(message))
        })
        .collect()
}
