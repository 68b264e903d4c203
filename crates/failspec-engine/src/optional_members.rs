//! Members that the API requires in a body although its OpenAPI document does not, and values that it takes in place of made-up
//! ones: they are sent once a request without a fault was refused without them, and accepted with them. Optional members of the
//! author's example that the API refuses are left out.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use failspec_base::{
    message::{Request, Response},
    template::JsonTemplate,
};
use failspec_judge::{
    check::{CompletedBody, Phase, Record, View, show},
    report_model::Rerun,
};
use failspec_pack::pack::{BodyTemplate, RequestTemplate};
use serde_json::Value;

use super::{
    author_example::in_place,
    body_changes::{
        Change, at, changed, constant_of, is_made_up, is_short, members_of, names, way_to_members,
    },
    case_runner::line,
    error::Unjudged,
    made_up_addresses::other_address,
    other_refusal::properties_of,
    raw_bodies::changed_text,
    refusal_hints::{Hint, Wish, either_in, hints, value_of},
    refusal_mismatch::{id_in_path, mismatched, names_the_same},
    refusal_names::{fold, members_in},
    refused_credentials::names_lacking,
    repeated_ids::repeated_ids,
    sending::Outgoing,
    session::Session,
    steps::response_of,
};

/// Maximum number of times that a request is sent with more members, or with other values.
const MAX_TRIES: usize = 4;

/// The knowledge about the bodies of operations: `POST /pets` → the changes without which the API refuses them; none if no change
/// that was tried helps.
#[derive(Debug, Default)]
pub struct OptionalMembers {
    known: Mutex<HashMap<String, Arc<Known>>>,
    /// One case at a time finds out about an operation: what others make meanwhile would be in its lists.
    turns: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// The changes that the bodies of an operation need.
#[derive(Debug)]
struct Known {
    changes: Vec<Change>,
    /// The body for which they were found.
    body: Option<Box<BodyTemplate>>,
    /// The author's example that is accepted in its place, and that the schema forbids.
    example: Option<BodyTemplate>,
}

impl Known {
    /// Returns the request with the changes; `None` if it needs none. What a request under test creates has another name than what
    /// was created for it, unless it is the same creation.
    fn applied_to(&self, template: &RequestTemplate, phase: Phase) -> Option<RequestTemplate> {
        let is_second =
            phase == Phase::Request && template.line.method == "POST" && template.body != self.body;
        let changes: Vec<Change> = match is_second {
            true => self.changes.iter().map(Change::for_another).collect(),
            false => self.changes.clone(),
        };
        changed(template, &changes).or_else(|| changed_text(template, &changes))
    }
}

impl OptionalMembers {
    /// Returns the members that get a value of one of the API's own lists in the bodies of an operation, each with that value.
    pub(super) fn listed(&self, operation: &str) -> Vec<(String, Value)> {
        let known = self.known(operation);
        let changes = known.iter().flat_map(|known| &known.changes).filter(|change| change.is_listed());
        let named =
            changes.filter_map(|change| Some((change.path.last()?.clone(), constant_of(change.value()?)?)));
        named.collect()
    }

    fn known(&self, operation: &str) -> Option<Arc<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(operation).cloned()
    }

    fn turn(&self, operation: &str) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(turns.entry(operation.to_owned()).or_default())
    }

    fn learn(&self, operation: &str, changes: Vec<Change>, template: &RequestTemplate) {
        self.know(operation, Known { changes, body: template.body.clone(), example: None });
    }

    fn know(&self, operation: &str, known: Known) {
        let known = Arc::new(known);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(operation.to_owned(), known);
    }
}

impl Session {
    /// Sends a request like [`Session::send_as_written`]. The members that the API was found to require are added to its
    /// body, and values that it was found to refuse are replaced; if a request without a fault is refused, it is found out
    /// whether there are any.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    pub(super) async fn send_with_members(
        &self,
        outgoing: Outgoing<'_>,
        records: &mut Vec<Record>,
    ) -> Result<usize, Unjudged> {
        let text = self.with_changes_in_text(outgoing.template, outgoing.context.phase);
        let outgoing = Outgoing { template: text.as_ref().unwrap_or(outgoing.template), ..outgoing };
        let Outgoing { template, context, .. } = outgoing;
        let Some((operation, members)) = self.optional_members(template) else {
            return Box::pin(self.send_with_undeclared_body(outgoing, records)).await;
        };
        if let Some(known) = self.optional_members.known(operation) {
            let whole = match &known.example {
                Some(example) => Some(in_place(template, known.body.as_deref(), example, context)?),
                None => known.applied_to(template, context.phase),
            };
            let template = whole.as_ref().unwrap_or(template);
            return Box::pin(self.send_with_own_texts(Outgoing { template, ..outgoing }, records)).await;
        }
        let index = Box::pin(self.send_with_own_texts(outgoing, records)).await?;
        if !members_of(template) {
            return Ok(index);
        }
        let is_about = |it: &Response| is_unmet(it.status) || names_lacking(it, template, members);
        let refused = response_of(records, index).filter(|it| is_about(it) || it.status == 404);
        // Of a request with a fault, what breaks the server is the answer.
        let refused = refused.filter(|it| context.is_sound || matches!(it.status, 400 | 422));
        let Some(refused) = refused else { return Ok(index) };
        let turn = self.optional_members.turn(operation);
        let _turn = turn.lock().await;
        let known = self.optional_members.known(operation);
        if !context.is_sound && known.is_none() {
            return Ok(index);
        }
        if let Some(known) = known {
            // Another case found it out meanwhile: the refusal may be about that, and not about a fault.
            let whole = match &known.example {
                Some(example) => Some(in_place(template, known.body.as_deref(), example, context)?),
                None => known.applied_to(template, context.phase),
            };
            let Some(template) = whole else { return Ok(index) };
            records.remove(index);
            return Box::pin(self.send_with_own_texts(Outgoing { template: &template, ..outgoing }, records))
                .await;
        }
        let mut found = None;
        if is_about(&refused) {
            found = Box::pin(self.with_more(outgoing, operation, members, &refused, records)).await?;
        }
        if found.is_none() {
            let said = String::from_utf8_lossy(&refused.body);
            for fewer in self.without_members(template, context.phase, refused.status, &said) {
                let Some(whole) = changed(template, &fewer) else { continue };
                let response = self.send_changed(Outgoing { template: &whole, ..outgoing }, records).await?;
                if response.is_some_and(|it| self.succeeded(View::new(&it, None))) {
                    found = Some(fewer);
                    break;
                }
            }
        }
        // Some say of a body that they cannot use that the address is not there.
        if found.is_none() && refused.status == 404 && !context.expects_404 {
            found = Box::pin(self.with_more(outgoing, operation, members, &refused, records)).await?;
        }
        let Some(changes) = found else {
            if let Some(example) = Box::pin(self.with_example(outgoing, operation, index, records)).await? {
                let known =
                    Known { changes: Vec::new(), body: template.body.clone(), example: Some(example) };
                self.optional_members.know(operation, known);
                records.remove(index);
                records[index].rerun = Some(Rerun::MembersAdded);
                return Ok(index);
            }
            self.optional_members.learn(operation, Vec::new(), template);
            return Ok(index);
        };
        // That a value is one of the API's own things, no schema can say: alone, it is no finding, unless the server broke.
        let is_listed = changes.iter().all(Change::is_listed);
        let is_no_deviation = changes.iter().all(Change::is_no_deviation);
        let completed = completed_body(operation, template, &changes, &refused);
        if !is_no_deviation || completed.broke {
            self.completions.note(completed);
        }
        self.optional_members.learn(operation, changes, template);
        // The exchange that succeeded takes the place of the one that did not.
        records.remove(index);
        records[index].rerun = Some(if is_listed { Rerun::ListedValue } else { Rerun::MembersAdded });
        Ok(index)
    }

    /// Sends a refused request with more members and other values: those that the refusals ask for, then those that the API lists.
    /// Returns the changes with which it was accepted, if it was: then its exchange is the last one.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    async fn with_more(
        &self,
        outgoing: Outgoing<'_>,
        operation: &str,
        members: &[(String, JsonTemplate)],
        refused: &Response,
        records: &mut Vec<Record>,
    ) -> Result<Option<Vec<Change>>, Unjudged> {
        let mut helpful = Vec::new();
        let hinted = self.with_hints(outgoing, members, Vec::new(), refused, &mut helpful, records);
        let found = match Box::pin(hinted).await? {
            Some(changes) => Some(changes),
            None => Box::pin(self.with_listed(outgoing, operation, members, refused, records)).await?,
        };
        if found.is_some() {
            return Ok(found);
        }
        // With what changed the refusal, it is about what is left.
        if let Some(template) = &changed(outgoing.template, &helpful) {
            let outgoing = Outgoing { template, ..outgoing };
            let more = Box::pin(self.with_unnamed(outgoing, operation, members, records)).await?;
            if let Some(more) = more {
                return Ok(Some([helpful, more].concat()));
            }
        }
        Box::pin(self.with_unnamed(outgoing, operation, members, records)).await
    }

    /// Forgets that nothing helped to get a request accepted: the reason was another one.
    pub(super) fn forget_vain_search(&self, template: &RequestTemplate) {
        let Some((operation, _)) = self.known_members(template) else { return };
        let mut known = self.optional_members.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.get(operation).is_some_and(|it| it.changes.is_empty() && it.example.is_none()) {
            known.remove(operation);
        }
    }

    /// Returns a request whose body is written as a text with what is known of the bodies of its operation: without it, the API
    /// would refuse it for another reason than its fault. `None` if nothing is known, or it needs nothing.
    fn with_changes_in_text(&self, template: &RequestTemplate, phase: Phase) -> Option<RequestTemplate> {
        if !matches!(template.body.as_deref(), Some(BodyTemplate::Text(_))) {
            return None;
        }
        let (operation, _) = self.known_members(template)?;
        let known = self.optional_members.known(operation)?;
        known.applied_to(template, phase)
    }

    /// Sends a refused request with more members, and with other values, as each refusal asks for it. Returns the changes with which
    /// it was accepted, if it was: then its exchange is the last one. Otherwise those are `helpful` with which it was last refused
    /// in other words.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    pub(super) async fn with_hints(
        &self,
        outgoing: Outgoing<'_>,
        members: &[(String, JsonTemplate)],
        mut changes: Vec<Change>,
        refused: &Response,
        helpful: &mut Vec<Change>,
        records: &mut Vec<Record>,
    ) -> Result<Option<Vec<Change>>, Unjudged> {
        let template = outgoing.template;
        let mut last = refused.body.clone();
        let written = template.line.path.written.split('?').next().unwrap_or_default();
        let operation =
            self.against.as_ref().and_then(|it| it.declared.operation(&template.line.method, written));
        let path = operation.map(|operation| operation.path.clone()).unwrap_or_default();
        let declared = operation.zip(self.against.as_ref());
        let declared = declared.map(|(operation, against)| properties_of(&against.declared, operation));
        let declared = declared.unwrap_or_default();
        for _ in 0..MAX_TRIES {
            let current = changed(template, &changes);
            let current = current.as_ref().unwrap_or(template);
            let repeated = operation.map(|operation| repeated_ids(current, operation, &declared, &last));
            let repeated = repeated.unwrap_or_default();
            let is_repeated = !repeated.is_empty();
            let (more, is_named) = match repeated.is_empty() {
                true => more_changes(current, members, &path, &last),
                false => (repeated, true),
            };
            if more.is_empty() {
                break;
            }
            changes.extend(more);
            let Some(whole) = changed(template, &changes) else { continue };
            let response = self.send_changed(Outgoing { template: &whole, ..outgoing }, records).await?;
            match response {
                Some(it) if self.succeeded(View::new(&it, None)) => return Ok(Some(changes)),
                Some(response) if is_unmet(response.status) => {
                    if is_named && response.body != last {
                        helpful.clone_from(&changes);
                    }
                    last = response.body.clone();
                }
                // With the right ids it is another thing that is not there: one that another member names.
                Some(response) if response.status == 404 && is_repeated && refused.status != 404 => {
                    helpful.clone_from(&changes);
                    break;
                }
                _ => break,
            }
        }
        Ok(None)
    }

    /// Sends a changed request, and returns the response. The exchange is forgotten if it is no success.
    ///
    /// # Errors
    /// The reason why there is no response to judge.
    pub(super) async fn send_changed(
        &self,
        outgoing: Outgoing<'_>,
        records: &mut Vec<Record>,
    ) -> Result<Option<Response>, Unjudged> {
        let again = Box::pin(self.send_with_own_texts(outgoing, records)).await?;
        let response = response_of(records, again);
        if !response.as_ref().is_some_and(|it| self.succeeded(View::new(it, None))) {
            records.pop();
        }
        Ok(response)
    }

    /// Returns the operation that a request calls, by the OpenAPI document; else its method and redacted URL.
    pub(super) fn place(&self, request: &Request) -> String {
        let operation =
            self.against.as_ref().and_then(|it| it.operation(&request.method, request.url.path()));
        operation.map_or_else(|| line(request), |operation| operation.name())
    }

    /// Returns the operation of a request with a JSON object, and the members that may be added, if the contract has any.
    pub(super) fn optional_members(
        &self,
        template: &RequestTemplate,
    ) -> Option<(&str, &[(String, JsonTemplate)])> {
        if !members_of(template) { None } else { self.known_members(template) }
    }

    /// Returns the operation of a request, and the members that may be added to its body, if the contract has any.
    fn known_members(&self, template: &RequestTemplate) -> Option<(&str, &[(String, JsonTemplate)])> {
        let known = &self.pack.contract.optional_members;
        if known.is_empty() {
            return None;
        }
        let written = template.line.path.written.split('?').next().unwrap_or_default();
        let operation = self.against.as_ref()?.declared.operation(&template.line.method, written)?;
        let (operation, members) = known.get_key_value(&operation.name())?;
        Some((operation, members))
    }
}

/// Returns true for the status of a refusal that may be about what a body lacks.
pub(super) fn is_unmet(status: u16) -> bool {
    matches!(status, 400 | 422 | 500)
}

/// Returns the description of a body that was accepted only with changes.
fn completed_body(
    operation: &str,
    template: &RequestTemplate,
    changes: &[Change],
    refused: &Response,
) -> CompletedBody {
    let said = String::from_utf8_lossy(&refused.body).into_owned();
    let (removed, changes): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(|it| it.leaves_out());
    let removed = removed.into_iter().filter(|it| !it.is_no_deviation()).collect();
    let (added, replaced): (Vec<&Change>, Vec<&Change>) =
        changes.into_iter().partition(|change| change.adds(template));
    let named =
        |changes: Vec<&Change>| changes.iter().map(|change| (change.place(), change.shown())).collect();
    CompletedBody {
        operation: operation.to_owned(),
        members: added.iter().map(|change| change.place()).collect(),
        values: named(replaced),
        removed: named(removed),
        by_example: false,
        refusal: format!("HTTP {}: {}", refused.status, show(&Value::from(said))),
        broke: refused.status == 500,
    }
}

/// Returns the fewest changes to a body that may help: those that the refusal speaks of, and true. If it speaks of none, all members that
/// the document has and the body has not, and false.
fn more_changes(
    template: &RequestTemplate,
    members: &[(String, JsonTemplate)],
    path_of_operation: &str,
    refusal: &[u8],
) -> (Vec<Change>, bool) {
    let alternatives = either_in(refusal);
    let way = way_to_members(template);
    let path = |name: &str| [way.as_slice(), &[name.to_owned()]].concat();
    let is_lacking = |name: &str| {
        let own = at(template, &path(name));
        own.is_none_or(|own| is_short(&own))
    };
    let lacking = members.iter().filter(|(name, _)| is_lacking(name));
    // Beside the id itself, a member of that name is something else.
    let has_id = at(template, &path("id")).is_some();
    let is_id =
        |name: &str| template.line.method != "POST" && !has_id && names_the_same(path_of_operation, name);
    let change = |(name, value): &(String, JsonTemplate)| match is_id(name) {
        true => Change::id_of_path(path(name), at(template, &path(name)), 0),
        false => Change::add(path(name), value.clone()),
    };
    // Of several members of which one is enough, the first one.
    let is_one_too_many = |name: &str| {
        let place = alternatives.iter().position(|other| other.eq_ignore_ascii_case(name));
        place.is_some_and(|place| place > 0)
    };
    let all: Vec<String> = members
        .iter()
        .map(|(name, _)| name.clone())
        .chain(names(template))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    // What is not the id in the path, though it must be: all else may be right.
    let mut differing: Vec<Change> = Vec::new();
    if path_of_operation.ends_with('}') {
        let id = id_in_path(template, 0);
        for name in mismatched(refusal, &all) {
            let own = at(template, &path(name));
            if own.is_none() || own != id {
                differing.push(Change::id_of_path(path(name), own, 0));
            }
        }
    }
    if !differing.is_empty() {
        return (differing, true);
    }
    let spoken_of = members_in(refusal, &all);
    let named = lacking.clone().filter(|(name, _)| spoken_of.contains(&name) && !is_one_too_many(name));
    let mut named: Vec<Change> = named.map(change).collect();
    let has_declared = !named.is_empty();
    let mut known = names(template);
    known.extend(lacking.clone().filter_map(|(name, _)| name.strip_suffix('s').map(str::to_owned)));
    known.retain(|name| !name.is_empty());
    for hint in hints(refusal, &known) {
        let hint = Hint { path: [way.as_slice(), &hint.path].concat(), ..hint };
        let is_known = |change: &Change| {
            let names = change.path.last().zip(hint.path.last());
            names.is_some_and(|(one, other)| fold(one) == fold(other))
        };
        // Beside names that the document has, another word is a name only where the refusal marks it as one.
        let is_word = |name: &String| has_declared && !all.contains(name) && !is_marked(refusal, name);
        let is_word = hint.wish == Wish::Required && hint.path.last().is_some_and(is_word);
        // `id required` may be about the list `ids`, if that is what the document has.
        let own = hint.path.last().filter(|name| hint.wish == Wish::Required && !all.contains(name));
        let listed = own.and_then(|one| lacking.clone().find(|(name, _)| is_several(one, name)));
        match listed {
            Some(member) if !named.contains(&change(member)) => named.push(change(member)),
            Some(_) => {}
            None if !is_word && !named.iter().any(is_known) => named.extend(change_of(template, &hint)),
            None => {}
        }
    }
    if named.is_empty() {
        let own = at(template, &way);
        let own: Vec<(String, JsonTemplate)> = match own {
            Some(JsonTemplate::Map(own)) => own,
            _ => Vec::new(),
        };
        let addresses = own.into_iter().filter_map(|(name, own)| {
            let other = other_address(&own, &name, refusal)?;
            Some(Change::replace_made_up(path(&name), own, other))
        });
        named.extend(addresses);
    }
    match named.is_empty() {
        true => (lacking.map(change).collect(), false),
        false => (named, true),
    }
}

/// Returns true if a name is that of several of what another one names.
fn is_several(one: &str, several: &str) -> bool {
    let (one, several) = (fold(one), fold(several));
    several.strip_prefix(one.as_str()).is_some_and(|end| matches!(end, "s" | "es"))
}

/// Returns true if a refusal has a name in quotes, as the members of JSON are.
fn is_marked(refusal: &[u8], name: &str) -> bool {
    let said = String::from_utf8_lossy(refusal);
    ['"', '\'', '`'].iter().any(|quote| said.contains(&format!("{quote}{name}{quote}")))
}

/// Returns the change that a hint asks for; none if the value that the request has is not one that was made up.
fn change_of(template: &RequestTemplate, hint: &Hint) -> Option<Change> {
    let name = hint.path.last()?;
    let value = JsonTemplate::parse(&value_of(name, &hint.wish)).ok()?;
    match at(template, &hint.path) {
        Some(own) if hint.wish != Wish::Required => {
            (is_made_up(&own) && own != value).then(|| Change::replace(hint.path.clone(), own, value))
        }
        Some(_) => None,
        None => Some(Change::add(hint.path.clone(), value)),
    }
}
