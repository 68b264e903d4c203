//! A mutant that accepts a rejected request when it is sent again.

use std::{collections::HashSet, sync::Mutex};

use super::{Mutant, Scene, lenient::succeed};
use crate::{Request, Response, store::lock};

pub(super) fn all() -> Vec<Mutant> {
    vec![
        Mutant::harmful(
            "second-attempt-accepted",
            "a rejected request succeeds when it is sent again",
            giving_in(),
        )
        .sometimes()
        // In other contracts, this would break no documented rule.
        .only_if(|envelope| envelope.repeats),
    ]
}

fn giving_in() -> impl Fn(&Scene<'_>, &mut Response) + Send + Sync {
    let refused: Mutex<HashSet<Vec<u8>>> = Mutex::default();
    move |scene, response| {
        if !lock(&refused).insert(fingerprint(scene.request)) {
            succeed(scene, response);
        }
    }
}

/// Returns the parts of a request by which a client considers two requests the same.
fn fingerprint(request: &Request) -> Vec<u8> {
    let mut parts = vec![request.method.as_bytes(), request.path.as_bytes()];
    parts.extend(request.query.as_deref().map(str::as_bytes));
    // Headers that trace a request differ each time.
    let says_something =
        |name: &str| ["authorization", "content-type"].iter().any(|it| name.eq_ignore_ascii_case(it));
    let headers = request.headers.iter().filter(|(name, _)| says_something(name));
    parts.extend(headers.flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]));
    parts.push(&request.body);
    parts.join(&0)
}
