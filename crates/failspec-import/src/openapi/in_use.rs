//! Removals of things that another thing of the run is in, or refers to. A database refuses many of them, or leaves a
//! reference to nothing; a server that thinks of neither breaks.

use failspec_pack::{
    openapi::Operation,
    pack::{
        PathTemplate, StatusPattern,
        writing::{ExpectSource, StepSource},
    },
};
use serde_json::{Value, json};

use failspec_base::template::Placeholder;

use super::{
    body::{Members, with},
    crud::{CreateOperation, bare},
    fixtures::Fixtures,
    generate::Generator,
    invalid_value::core,
    reach::Reach,
    request_spec::{Body, RequestSpec},
    scenario::{Goal, Question, step},
    valid_request::{ValidRequest, json_body, list_of},
    value_generator::kind,
};

/// Maximum number of kinds of things by which a thing is used when it is removed.
const MAX_USERS: usize = 2;

impl<'a> Generator<'a> {
    /// Generates the removal of a thing of the run while another thing of the run is in it or refers to it. The other one is read
    /// before and afterwards: whatever the removal does, reading must not break.
    pub(super) fn removed_in_use(&mut self, operation: &'a Operation, right: &ValidRequest) {
        let item = bare(&operation.path);
        let Some(own) = right.around.made.get(&item).cloned() else { return };
        if operation.method != "DELETE" || right.reach != Reach::Own {
            return;
        }
        let users = self.creators.all().into_iter().filter(|user| bare(&user.remove.path) != item);
        let users: Vec<CreateOperation<'_>> = users.filter(|user| self.may_use(*user, &item)).collect();
        let mut asked = 0;
        for user in users {
            let mut around = right.around.clone();
            if self.make(user, &mut around, 0).is_none() || !self.uses(user, &item, &own, &mut around) {
                continue;
            }
            // It may go with what it uses.
            if let Some(remove) = around.teardown.last_mut() {
                let gone = [404, 410].map(StatusPattern::Exactly);
                let status: Vec<StatusPattern> = [StatusPattern::Class(2)].into_iter().chain(gone).collect();
                remove.expect = Some(ExpectSource { status: status.into(), ..ExpectSource::default() });
            }
            let look = self.look_at(user, &around);
            around.setup.extend(look.clone());
            let (ask, rule) = (right.ask.clone(), &operation.pointer);
            self.add(operation, Question::State, "removed_in_use", rule, Goal::NoServerError, around, ask);
            if let (Some(scenario), Some(look)) = (self.scenarios.last_mut(), look) {
                let unbroken = [2, 3, 4].map(StatusPattern::Class).to_vec();
                let expect = ExpectSource { status: unbroken.into(), ..ExpectSource::default() };
                scenario.then.push(StepSource { expect: Some(expect), ..look });
            }
            asked += 1;
            if asked == MAX_USERS {
                return;
            }
        }
    }

    /// Returns the GET of what a setup created.
    fn look_at(&mut self, user: CreateOperation<'_>, around: &Fixtures) -> Option<StepSource> {
        let read = user.read.filter(|read| !self.skips(read))?;
        let filled = self.paths.fill(read, &around.made, &[]);
        if filled.foreign || PathTemplate::parse(&filled.path).is_err() {
            return None;
        }
        self.asked(read, filled.path).ok().map(|(look, _)| step(&look, None))
    }

    /// Returns true if what a creation makes may be in a thing with this bare path, or refer to it.
    fn may_use(&self, user: CreateOperation<'_>, item: &str) -> bool {
        let is_in = bare(&user.make.path).starts_with(&format!("{item}/"));
        let schema = json_body(user.make).and_then(|content| content.schema.as_ref());
        is_in
            || schema.is_some_and(|schema| {
                let members = Members::of(&self.declared.api.bundle, schema, 0).properties;
                members.iter().any(|(name, schema)| self.reference(name, schema, item).is_some())
            })
    }

    /// Returns what a member that refers to things with a bare path has in place of an id: one, or a list of one. `None` if it does
    /// not refer to such things.
    fn reference(&self, member: &str, schema: &Value, item: &str) -> Option<fn(String) -> Value> {
        let bundle = &self.declared.api.bundle;
        let schema = core(bundle, schema);
        let is_id = |schema: &Value| {
            let kind = core(bundle, schema).as_object().and_then(kind);
            matches!(kind, Some("string" | "integer"))
        };
        if self.creators.named_by(member) == Some(item) && is_id(schema) {
            return Some(Value::from);
        }
        let items = list_of(schema).filter(|items| is_id(items))?;
        let names = self.creators.several_named_by(member) == Some(item);
        let refers = names && self.creators.refers_to_several(member, core(bundle, items));
        refers.then_some(|id| json!([id]))
    }

    /// Makes the last step of a setup, which creates a thing, use another one: by its path, by a member that it has, or by one that is
    /// optional. Returns false if it cannot.
    fn uses(&self, user: CreateOperation<'_>, item: &str, own: &str, around: &mut Fixtures) -> bool {
        let Some(made) = around.requests.get(&bare(&user.remove.path)) else { return false };
        if made.placeholders().iter().any(|it| matches!(it, Placeholder::Name(name) if name == own)) {
            return true;
        }
        let Some(schema) = json_body(user.make).and_then(|content| content.schema.as_ref()) else {
            return false;
        };
        let Some(Body::Json(body)) = &made.body else { return false };
        let members = Members::of(&self.declared.api.bundle, schema, 0).properties;
        let referring = members.into_iter().find_map(|(name, schema)| {
            let refer = self.reference(&name, &schema, item)?;
            Some((name, refer(format!("${{{own}}}"))))
        });
        let Some((name, id)) = referring else { return false };
        let Some(body) = with(body, &[name], Some(&id)) else { return false };
        let using = RequestSpec { body: Some(Body::Json(body)), ..made.clone() };
        let Some(last) = around.setup.last_mut() else { return false };
        last.request = using.source();
        around.requests.insert(bare(&user.remove.path), using);
        true
    }
}
