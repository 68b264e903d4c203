//! An API that gives in: what it refused once it accepts when it is asked again.

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
        // Elsewhere nothing that is documented would be broken.
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

/// What makes two requests the same to a client.
fn fingerprint(request: &Request) -> Vec<u8> {
    let mut parts = vec![request.method.as_bytes(), request.path.as_bytes()];
    parts.extend(request.query.as_deref().map(str::as_bytes));
    parts.extend(request.headers.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]));
    parts.push(&request.body);
    parts.join(&0)
}
