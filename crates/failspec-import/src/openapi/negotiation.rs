//! Faults of what a request says about itself and what it wants: media types, and bodies that are too large.

use failspec_pack::{
    openapi::Operation,
    pack::fault_kind::{PLAIN_TEXT, UNKNOWN_MEDIA_TYPE, WITHOUT_MEDIA_TYPE},
};

use super::{
    fault_kind::FaultKind,
    faults::Fault,
    generate::{Generator, declares},
    reach::Reach,
    request_spec::Body,
    valid_request::ValidRequest,
};

/// A media type that no operation accepts or returns.
const STRANGE: &str = "application/x-failspec";

/// The size of the large body that is sent on demand, in bytes.
const LARGE: u32 = 11_000_000;

/// The number of lists within each other in the deep body that is sent on demand: more than a parser that calls itself for each
/// of them can read in many languages, and few bytes.
const DEEP: usize = 5_000;

impl Generator<'_> {
    /// Adds requests with media types that the operation neither takes nor returns, and with bodies that are too large.
    pub(super) fn negotiation(
        &mut self,
        operation: &Operation,
        right: &ValidRequest,
        faults: &mut Vec<Fault>,
    ) {
        self.media_types(operation, right, faults);
        if declares(operation, 406) {
            let mut faulty = right.ask.clone();
            faulty.headers.push(("Accept".to_owned(), STRANGE.to_owned()));
            let rule = format!("{}/responses/406", operation.pointer);
            let what = "nothing_acceptable".to_owned();
            faults.push(Fault::new(FaultKind::Accept, what, rule, faulty));
        }
        // It must be neither left out, nor create what could not be removed.
        let is_repeatable = match right.reach {
            Reach::Nothing | Reach::Own => right.named.is_none(),
            Reach::OfNothing => false,
            Reach::Fresh => self.allow_leftovers || self.creators.of_collection(operation).is_some(),
            Reach::Foreign => false,
        };
        if self.large_body && !self.sent_deep && right.body.is_some() && is_repeatable {
            self.sent_deep = true;
            let mut faulty = right.ask.clone();
            let nested = [vec!['['; DEEP], vec![']'; DEEP]].concat().into_iter().collect::<String>();
            faulty.body = Some(Body::Text(format!("{{\"failspec\": {nested}}}")));
            if faulty.headers.iter().all(|(name, _)| name != "Content-Type") {
                faulty.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            }
            let rule = format!("{}/requestBody", operation.pointer);
            let fault = Fault::new(FaultKind::Unusual, "deep_body".to_owned(), rule, faulty);
            faults.push(Fault { tolerated: true, ..fault });
        }
        let is_declared = declares(operation, 413);
        let is_own = right.reach != Reach::Foreign && right.named.is_none();
        if self.large_body && !self.sent_large && right.body.is_some() && is_own {
            self.sent_large = true;
            let mut faulty = right.ask.clone();
            faulty.body = Some(Body::Text(format!("{{\"failspec\": \"${{fill({LARGE})}}\"}}")));
            if faulty.headers.iter().all(|(name, _)| name != "Content-Type") {
                faulty.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            }
            let rule = format!("{}/requestBody", operation.pointer);
            let class = if is_declared { FaultKind::TooLarge } else { FaultKind::Unusual };
            faults.push(Fault { inferred: true, ..Fault::new(class, "large_body".to_owned(), rule, faulty) });
        }
        if is_declared {
            let limit =
                operation.body.iter().filter_map(|it| it.schema.as_ref()?.get("maxLength")?.as_u64()).next();
            if let Some(limit) = limit.filter(|limit| *limit <= 32 << 20) {
                let mut faulty = right.ask.clone();
                faulty.body = Some(Body::Text(format!("${{fill({})}}", limit + 1)));
                let rule = format!("{}/requestBody", operation.pointer);
                let what = "oversized_body".to_owned();
                faults.push(Fault::new(FaultKind::TooLarge, what, rule, faulty));
            }
        }
    }

    /// Adds requests with a media type that the operation does not take. The body is the valid one, so that the media type is the
    /// only fault: anything else would be refused whatever the server thinks of the media type. Where what a server creates that
    /// ignores it would stay, it is not asked.
    fn media_types(&mut self, operation: &Operation, right: &ValidRequest, faults: &mut Vec<Fault>) {
        let Some(valid) = &right.ask.body else { return };
        let is_harmless = self.removes_what_it_accepts(operation, right)
            || right.reach == Reach::Fresh && self.allow_leftovers
            // These are left out later, but for the ids of nothing.
            || right.reach == Reach::Foreign;
        if !is_harmless {
            let why = "a server that ignores the media type would create what could not be deleted (--allow-leftovers)";
            return self.leave_out(why, operation, "unknown media type");
        }
        let takes = |media_type: &str| {
            let mut all = operation.body.iter();
            all.any(|content| content.closeness(media_type).is_some())
        };
        let mut add = |what: &str, media_type: Option<&str>, body: Body| {
            let mut faulty = right.ask.clone();
            faulty.headers.retain(|(name, _)| name != "Content-Type");
            faulty.headers.extend(media_type.map(|it| ("Content-Type".to_owned(), it.to_owned())));
            faulty.body = Some(body);
            let rule = format!("{}/requestBody", operation.pointer);
            // A server may find out by itself what a body is (RFC 9110, section 8.3).
            let class = if media_type.is_some() { FaultKind::MediaType } else { FaultKind::Unusual };
            let fault = Fault::new(class, what.to_owned(), rule, faulty);
            faults.push(Fault { tolerated: what != UNKNOWN_MEDIA_TYPE, ..fault });
        };
        // A form has the media type that says how it is written.
        let Body::Json(value) = valid else {
            return add(UNKNOWN_MEDIA_TYPE, Some(STRANGE), Body::Text("failspec".to_owned()));
        };
        add(UNKNOWN_MEDIA_TYPE, Some(STRANGE), valid.clone());
        if !takes("text/plain") {
            add(PLAIN_TEXT, Some("text/plain"), valid.clone());
        }
        add(WITHOUT_MEDIA_TYPE, None, Body::Text(value.to_string()));
    }
}
