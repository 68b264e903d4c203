//! The place in a response that has the id of a new thing.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::body_path::BodyPath;
use failspec_pack::{
    openapi::Api,
    pack::{Part, Pointer, writing::CaptureSource},
};

use super::{
    body::Members,
    crud::{CreateOperation, IDENTIFYING, fold, success_schema},
    generate::declares,
    invalid_value::core,
    path_values::{names, parameter},
    registration_tokens::tells_token,
    request_spec::{Body, RequestSpec},
    value_generator::UNIQUE,
};

impl CreateOperation<'_> {
    /// Returns true if the body of the creation has a member with the name of the id.
    pub(super) fn takes_id(&self, api: &Api) -> bool {
        let place = self.name_at(api);
        let Some(id) = place.as_ref().and_then(|place| place.name()) else { return true };
        let schemas = self.make.body.iter().filter_map(|content| content.schema.as_ref());
        let mut members = schemas.flat_map(|schema| Members::of(&api.bundle, schema, 0).properties);
        members.any(|(name, _)| fold(&name) == fold(id))
    }

    /// Returns the schema of the id in the response to the creation, if it has the name of the parameter: a member of the thing
    /// itself, which may be within an envelope.
    pub(super) fn id_schema<'s>(&self, api: &'s Api) -> Option<&'s Value>
    where
        Self: 's,
    {
        let place = self.name_at(api)?;
        let wanted = fold(self.parameter);
        let is_same = place.name().is_none_or(|name| fold(name) == wanted || fold(name) == "id");
        let schema = success_schema(self.make, api).filter(|_| is_same)?;
        place.names().try_fold(schema, |schema, name| member_of(schema, api, name, 0))
    }

    /// Returns where the id of the new resource is in the response of the operation that creates it: at the place that the
    /// document declares, or, if it declares none, at the usual ones.
    pub fn id_of_new(&self, api: &Api, make: &RequestSpec, own_id: Option<&str>) -> CaptureSource {
        if let Some(id) = own_id {
            // The response may call it otherwise, or say nothing of it.
            let place = Part::Body(BodyPath::root().member(self.parameter).pointer());
            return CaptureSource { default: Some(id.to_owned()), ..place.into() };
        }
        if let Some(declared) = self.name_at(api) {
            // `{pet}` is the last segment of the `name`, if that is `pets/17`.
            let resource_name = declared.name() == Some("name") && !fold(self.parameter).ends_with("name");
            let place = CaptureSource { resource_name, ..Part::Body(declared.pointer()).into() };
            // To a list of things, the answer may be a list of what is declared of one.
            let in_list = || {
                let steps: Vec<&str> = std::iter::once("0").chain(declared.names()).collect();
                Pointer::from_steps(steps)
            };
            let otherwise = is_list(make).then(in_list);
            return CaptureSource { otherwise: otherwise.into_iter().collect(), ..place };
        }
        // A path that takes numbers does not take the name that was sent.
        let default = self.own_name(make).filter(|_| !self.takes_numbers(api));
        let own = without_lookup(self.parameter);
        let mut names = vec![own.to_owned()];
        // `pool_name` of `/pools/{pool_name}` is `name` in the response.
        let short = IDENTIFYING.into_iter().find(|end| fold(own).ends_with(*end));
        names.extend(short.map(str::to_owned));
        names.extend(self.names_of_kind());
        if let Some(kind) = self.kind().filter(|_| ["id", "uuid"].contains(&own)) {
            names.extend([format!("{kind}_{own}"), format!("{kind}{}", capitalised(own))]);
        }
        if short.is_none_or(|short| ["uuid", "id"].contains(&short)) {
            names.extend(["id".to_owned(), "uuid".to_owned()]);
        }
        let mut places: Vec<Pointer> = Vec::new();
        for folder in [BodyPath::root(), BodyPath::root().member("data")] {
            for place in names.iter().map(|name| folder.member(name).pointer()) {
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
        // Some APIs answer a creation with a list of what it made.
        places.extend(names.iter().map(|name| Pointer::from_steps(["0", name.as_str()])));
        let first = places.remove(0);
        CaptureSource { otherwise: places, location: true, default, ..Part::Body(first).into() }
    }

    /// Returns true if the document says in an operation on the thing that its id is a number.
    fn takes_numbers(&self, api: &Api) -> bool {
        let operations = self.read.into_iter().chain([self.remove]);
        let mut own = operations.filter_map(|it| parameter(it, names(&it.path).last()?)?.schema.as_ref());
        own.any(|schema| {
            let kind = core(&api.bundle, schema).get("type").and_then(Value::as_str);
            matches!(kind, Some("integer" | "number"))
        })
    }

    /// Returns the names by which a response may call the id because of the kind of thing: `version` and `versionId` of
    /// `/versions/{versionExpression}`. None if the parameter itself says what it is.
    fn names_of_kind(&self) -> Vec<String> {
        let Some(one) = self.kind().filter(|one| fold(self.parameter).starts_with(&fold(one))) else {
            return Vec::new();
        };
        if IDENTIFYING.iter().any(|end| fold(self.parameter).ends_with(end)) {
            return Vec::new();
        }
        vec![one.clone(), format!("{one}Id"), format!("{one}_id")]
    }

    /// Returns the name of one thing of the collection: `version` of `/versions/{versionExpression}`.
    pub(super) fn kind(&self) -> Option<String> {
        let path = self.remove.path.as_str();
        let collection = if self.by_query { path } else { path.rsplit_once("/{")?.0 };
        let last = collection.rsplit('/').next().filter(|last| !last.contains('{'))?;
        let one = match last.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => last.strip_suffix('s').unwrap_or(last).to_owned(),
        };
        Some(one).filter(|one| !one.is_empty())
    }

    /// Returns the name of the new resource, unique to the run, that a request to create it sends as a member of its body.
    pub fn own_name(&self, make: &RequestSpec) -> Option<String> {
        let members = match &make.body {
            Some(Body::Json(Value::Object(members))) => Cow::Borrowed(members),
            Some(Body::Json(Value::Array(items))) => match items.as_slice() {
                [Value::Object(members)] => Cow::Borrowed(members),
                _ => return None,
            },
            // The same body without its media type.
            Some(Body::Text(text)) => Cow::Owned(serde_json::from_str::<Map<String, Value>>(text).ok()?),
            _ => return None,
        };
        let own = fold(self.parameter);
        let unique = || {
            let texts = members.iter().filter_map(|(name, value)| Some((fold(name), value.as_str()?)));
            texts.filter(|(_, text)| text.contains(UNIQUE) && !text.contains("$${"))
        };
        let of_kind: Vec<String> = self.names_of_kind().iter().map(|name| fold(name)).collect();
        let same = unique().find(|(name, _)| *name == own || own.ends_with(name.as_str()));
        let same = same.or_else(|| unique().find(|(name, _)| of_kind.contains(name)));
        same.or_else(|| unique().find(|(name, _)| name == "name")).map(|(_, text)| text.to_owned())
    }

    /// Returns the declared location of the id of the new resource in the response of the operation that creates it. What
    /// another thing in the response has for an id, such as who created it, is not meant.
    pub fn name_at(&self, api: &Api) -> Option<BodyPath> {
        let schema = success_schema(self.make, api)?;
        if declares(self.make, 201) && is_id(schema) {
            return Some(BodyPath::root());
        }
        let wanted = fold(without_lookup(self.parameter));
        let mut places: Vec<BodyPath> = Vec::new();
        let kind = self.kind().map(|kind| fold(&kind)).unwrap_or_default();
        collect(schema, api, &BodyPath::root(), 0, &kind, &mut places);
        let last = |path: &BodyPath| fold(path.name().unwrap_or_default());
        let find = |is: &dyn Fn(&str) -> bool| places.iter().find(|path| is(&last(path)));
        let short = ["name", "key", "slug"].into_iter().find(|end| wanted.ends_with(end));
        let of_kind: Vec<String> = self.names_of_kind().iter().map(|name| fold(name)).collect();
        let found = find(&|last| last == wanted)
            .or_else(|| find(&|last| Some(last) == short))
            .or_else(|| find(&|last| of_kind.iter().any(|name| name == last)))
            .or_else(|| find(&|last| ["id", "uuid"].contains(&last)))
            // `{id}` of `/clients/{id}` is `client_id` in the response.
            .or_else(|| find(&|last| !kind.is_empty() && last == format!("{kind}{wanted}")))
            .or_else(|| find(&|last| last.len() > 1 && wanted.ends_with(last)))
            // A client that registers itself is `client_id` in the response, whatever the path is called (RFC 7591).
            .or_else(|| find(&|last| last == "clientid").filter(|_| tells_token(self.make, api)))
            // Where things have a name and no id, `{pet}` is in the name.
            .or_else(|| find(&|last| last == "name").filter(|_| !kind.is_empty() && wanted == kind));
        found.cloned()
    }
}

/// Maximum number of objects around the thing in a response.
const MAX_WRAPPERS: usize = 2;

/// Maximum number of nested combinations of schemas and objects.
const MAX_PARTS: usize = 8;

/// Returns the schema of a member of an object, which may be a combination of others.
pub(super) fn member_of<'s>(schema: &'s Value, api: &'s Api, name: &str, depth: usize) -> Option<&'s Value> {
    let schema = core(&api.bundle, schema);
    let own = schema.get("properties").and_then(|members| members.get(name));
    let parts = schema.get("allOf").and_then(Value::as_array).filter(|_| depth < MAX_PARTS);
    let of_part = || parts?.iter().find_map(|part| member_of(part, api, name, depth + 1));
    own.map(|member| api.bundle.resolve(member)).or_else(of_part)
}

/// Returns true if a schema describes an id alone: a UUID or a whole number.
pub(super) fn is_id(schema: &Value) -> bool {
    let is = |key: &str, wanted: &str| schema.get(key).and_then(Value::as_str) == Some(wanted);
    is("type", "string") && is("format", "uuid") || is("type", "integer")
}

/// Returns the name of the member that a parameter is about whose name is a lookup of Django: `code` of `user__code__iexact`.
fn without_lookup(parameter: &str) -> &str {
    const LOOKUPS: [&str; 3] = ["__iexact", "__exact", "__in"];
    let own = LOOKUPS.iter().find_map(|lookup| parameter.strip_suffix(lookup));
    own.map_or(parameter, |own| own.rsplit("__").next().unwrap_or(own))
}

/// Returns true if the body of a request is a list.
pub(super) fn is_list(make: &RequestSpec) -> bool {
    matches!(&make.body, Some(Body::Json(Value::Array(_))))
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// Names of members in which responses have the thing itself.
pub(super) const WRAPPERS: [&str; 9] =
    ["data", "result", "item", "object", "payload", "response", "attributes", "metadata", "resource"];

/// Collects the string and integer properties of an object, and of the objects in it that are the thing itself: those of a name
/// that many APIs use for it, or of its kind.
pub(super) fn collect(
    schema: &Value,
    api: &Api,
    at: &BodyPath,
    depth: usize,
    kind: &str,
    places: &mut Vec<BodyPath>,
) {
    let schema = api.bundle.resolve(schema);
    let mut inner = Vec::new();
    let members = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let members: Vec<(&String, &Value)> =
        members.map(|(name, property)| (name, api.bundle.resolve(property))).collect();
    let is_plain = |property: &Value| {
        let kind = property.get("type").and_then(Value::as_str);
        matches!(kind, Some("string" | "integer" | "number"))
    };
    // What has nothing of its own is around something else.
    let is_around = !members.iter().any(|(_, property)| is_plain(property));
    for (name, property) in members {
        let path = at.member(name);
        let is_itself = is_around || WRAPPERS.contains(&fold(name).as_str()) || fold(name) == kind;
        match is_plain(property) {
            true => places.push(path),
            false if is_itself => inner.push((path, property)),
            false => {}
        }
    }
    // A schema that combines others is no thing within a thing.
    let parts = schema.get("allOf").and_then(Value::as_array).into_iter().flatten();
    if at.names().count() <= MAX_WRAPPERS && depth < MAX_PARTS {
        for part in parts {
            collect(part, api, at, depth + 1, kind, places);
        }
    }
    if at.names().count() < MAX_WRAPPERS && depth < MAX_PARTS {
        for (path, property) in inner {
            collect(property, api, &path, depth + 1, kind, places);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::crud::CreateOperations, *};

    #[test]
    fn a_lookup_is_about_the_member_that_it_names() {
        for (parameter, expected) in [
            ("code__iexact", "code"),
            ("user__code__iexact", "code"),
            ("code", "code"),
            ("my__code", "my__code"),
        ] {
            assert_eq!(without_lookup(parameter), expected, "{parameter}");
        }
    }

    #[test]
    fn a_number_is_the_id_of_what_the_member_is_called_after() {
        let done = json!({ "responses": { "200": { "description": "done" } } });
        let document = json!({
            "openapi": "3.1.0", "info": { "title": "Any", "version": "1" },
            "paths": {
                "/submission-types": { "post": done }, "/submission-types/{id}": { "delete": done },
                "/owners": { "post": done }, "/owners/{id}": { "delete": done },
            }
        });
        let api = Api::parse("openapi.json", &document.to_string()).unwrap();
        let creators = CreateOperations::new(&api);
        for (member, value, expected) in [
            ("submission_type", json!(5), Some("/submission-types/{}")),
            ("submissionType", json!(5), Some("/submission-types/{}")),
            ("owner", json!("7"), Some("/owners/{}")),
            ("owner_id", json!("x"), Some("/owners/{}")),
            ("first_owner_id", json!(5), Some("/owners/{}")),
            // A text may be a name of any kind.
            ("first_owner_id", json!("x"), None),
            ("ownership_id", json!(5), None),
            ("owner", json!("x"), None),
            ("owner", json!(1.5), None),
            ("owners", json!(5), None),
            ("size", json!(5), None),
        ] {
            assert_eq!(creators.named_by_value(member, &value), expected, "{member} {value}");
        }
    }
}
