//! JSON Pointers (RFC 6901).

use std::{borrow::Cow, fmt};

use serde_json::Value;

use failspec_base::encoding::{escape_pointer_step, unescape_pointer_step};
use failspec_base::syntax::{Decoder, Node, Span};

use super::xml_path::{EACH, XmlPath, is_one_of};

/// A JSON Pointer: a location in a JSON document. Or a path in an XML document, whose elements are members.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pointer {
    text: String,
    /// For a path in XML.
    xml: Option<XmlPath>,
}

impl Pointer {
    /// Parses a pointer, if `text` is one: empty, or `/` and tokens in which `~` is written `~0` and `/` is written
    /// `~1`.
    pub fn parse(text: &str) -> Option<Self> {
        let escapes_fit = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        ((text.is_empty() || text.starts_with('/')) && escapes_fit)
            .then(|| Self { text: text.to_owned(), xml: None })
    }

    /// Creates a path in XML, of which the syntax was checked.
    pub(super) fn in_xml(text: String, xml: XmlPath) -> Self {
        Self { text, xml: Some(xml) }
    }

    /// Returns true for a path in an XML document.
    pub fn is_xml(&self) -> bool {
        self.xml.is_some()
    }

    /// Returns the namespace that the root element must have.
    pub fn namespace(&self) -> Option<&str> {
        self.xml.as_ref()?.namespace.as_deref()
    }

    /// Returns it as a contract writes it: a text, or a mapping for a path in XML.
    pub fn to_json(&self) -> Value {
        match (&self.xml, self.namespace()) {
            (None, _) => self.text.as_str().into(),
            (Some(_), None) => serde_json::json!({ "xml": self.text }),
            (Some(_), Some(namespace)) => serde_json::json!({ "xml": self.text, "namespace": namespace }),
        }
    }

    /// Returns false for a path in XML if the root element of the document has another namespace.
    fn is_of(&self, value: &Value) -> bool {
        let root = || self.text.split('/').nth(1).and_then(|step| step.split('@').next()).unwrap_or_default();
        self.xml.as_ref().is_none_or(|xml| xml.is_of(value, root()))
    }

    /// Creates the pointer with these steps, which are not escaped.
    pub fn from_steps<'s>(steps: impl IntoIterator<Item = &'s str>) -> Self {
        let text = steps.into_iter().flat_map(|step| ["/".into(), escape_pointer_step(step)]).collect();
        Self { text, xml: None }
    }

    /// Returns its steps, without their escapes.
    pub fn steps(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let rest = self.text.strip_prefix('/').map(|rest| rest.split('/').map(unescape_pointer_step));
        rest.into_iter().flatten()
    }

    /// Returns the value at this location.
    pub fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        // `Value::pointer` allocates twice for each name, and the checks of every response look up several values.
        if !self.is_of(value) {
            return None;
        }
        let (mut value, mut rest) = (value, self.text.as_str());
        while let Some((name, below)) = split(rest) {
            value = member(value, &name)?;
            rest = below;
        }
        Some(value)
    }

    /// Returns the first value at this location that `wanted` accepts; `*` matches every item of a list. (In an
    /// object, `*` is an ordinary name.)
    ///
    /// Every check of every response looks up a code, so names are not copied unless they contain `~`.
    pub fn find_first<'v>(
        &self,
        value: &'v Value,
        wanted: &mut dyn FnMut(&'v Value) -> bool,
    ) -> Option<&'v Value> {
        if !self.is_of(value) {
            return None;
        }
        first(value, &self.text, self.is_xml(), wanted)
    }

    /// Returns true if there can be several values at this location.
    pub fn is_of_each(&self) -> bool {
        self.text.contains('*')
    }

    /// Changes each value at this location; `*` matches every item of a list.
    pub fn change_each(&self, value: &mut Value, change: &mut dyn FnMut(&mut Value)) {
        if self.is_of(value) {
            change_each(value, &self.text, self.is_xml(), change);
        }
    }

    /// Returns the value at this location, to change it.
    pub fn find_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
        if self.is_of(value) { value.pointer_mut(&self.text) } else { None }
    }

    /// Returns a hint with the pointer that was probably meant by a text that is not one.
    pub(super) fn hint(text: &str) -> String {
        let mut meant = String::new();
        for (index, part) in text.split('~').enumerate() {
            match index {
                0 => meant.push_str(part),
                _ if part.starts_with(['0', '1']) => meant.extend(["~", part]),
                _ => meant.extend(["~0", part]),
            }
        }
        if !meant.starts_with('/') {
            meant = format!("/{}", meant.replace('.', "/"));
        }
        format!("write `{meant}`; in a name `~` is written `~0` and `/` is written `~1`")
    }

    /// Returns the pointer as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Reads a pointer to one value.
    pub(super) fn read(node: &Node, reader: &Decoder) -> Option<Self> {
        let pointer = Self::read_of_each(node, reader)?;
        pointer.check_star(node.span, reader);
        Some(pointer)
    }

    /// Reports a step `*`: only pointers of an envelope stand for every item of a list.
    pub(super) fn check_one(&self, span: Span, reader: &Decoder) {
        self.check_star(span, reader);
        if self.text.contains("${") {
            reader.error_hint(
                span,
                format!("the template in `{}` would not be filled in", self.text.escape_debug()),
                "write the pointer out; a template can be in the value that is compared",
            );
        }
    }

    fn check_star(&self, span: Span, reader: &Decoder) {
        if self.text.split('/').any(|step| step == "*") {
            reader.error_hint(
                span,
                format!("`*` in `{}` would be an ordinary name", self.text),
                "only `code`, `message` and `status` of an envelope look at every item of a list; name one item, such as \
                 `/errors/0/detail`",
            );
        }
    }

    /// Reads a pointer in which `*` stands for every item of a list.
    pub(super) fn read_of_each(node: &Node, reader: &Decoder) -> Option<Self> {
        let text = reader.text(node)?;
        let pointer = Self::parse(text);
        if pointer.is_none() {
            reader.error_hint(node.span, format!("`{text}` is not a JSON Pointer"), Self::hint(text));
        }
        pointer
    }
}

/// The maximum number of members of an object that is searched one by one; larger objects are searched by hash.
const FEW: usize = 8;

/// Splits a pointer into its first name and the rest; `None` at the end of the pointer.
fn split(pointer: &str) -> Option<(Cow<'_, str>, &str)> {
    let rest = pointer.strip_prefix('/')?;
    let (name, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    Some((unescape_pointer_step(name), rest))
}

/// Returns the member of an object, or the item of a list, with this name.
fn member<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        // RFC 6901, section 4: only digits, without a leading zero.
        Value::Array(_) if name.starts_with('+') || (name.starts_with('0') && name != "0") => None,
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        // Hashing a name takes longer than comparing it with the few names of an envelope.
        Value::Object(members) if members.len() <= FEW => {
            members.iter().find_map(|(own, member)| (own == name).then_some(member))
        }
        _ => value.get(name),
    }
}

/// Returns the first value at `pointer` below `value` that `wanted` accepts.
fn first<'v>(
    value: &'v Value,
    pointer: &str,
    in_xml: bool,
    wanted: &mut dyn FnMut(&'v Value) -> bool,
) -> Option<&'v Value> {
    let Some((name, rest)) = split(pointer) else {
        return wanted(value).then_some(value);
    };
    match value {
        Value::Array(items) if name == "*" => items.iter().find_map(|item| first(item, rest, in_xml, wanted)),
        Value::Object(members) if in_xml && name.contains(EACH) => {
            let mut each = members.iter().filter(|(key, _)| is_one_of(key, &name));
            each.find_map(|(_, member)| first(member, rest, in_xml, wanted))
        }
        _ => first(member(value, &name)?, rest, in_xml, wanted),
    }
}

/// Changes each value at `pointer` below `value`.
fn change_each(value: &mut Value, pointer: &str, in_xml: bool, change: &mut dyn FnMut(&mut Value)) {
    let Some((name, rest)) = split(pointer) else { return change(value) };
    match value {
        Value::Array(items) if name == "*" => {
            items.iter_mut().for_each(|item| change_each(item, rest, in_xml, change))
        }
        Value::Object(members) if in_xml && name.contains(EACH) => {
            let each = members.iter_mut().filter(|(key, _)| is_one_of(key, &name));
            each.for_each(|(_, member)| change_each(member, rest, in_xml, change));
        }
        // A name is found as it is found to read it.
        _ if member(value, &name).is_none() => {}
        Value::Array(items) => {
            let item = name.parse::<usize>().ok().and_then(|index| items.get_mut(index));
            item.into_iter().for_each(|item| change_each(item, rest, in_xml, change));
        }
        _ => {
            let member = value.get_mut(name.as_ref()).into_iter();
            member.for_each(|member| change_each(member, rest, in_xml, change));
        }
    }
}

impl fmt::Display for Pointer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.text.is_empty() { "(the whole body)" } else { &self.text })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn steps_are_those_it_was_made_of() {
        let all: [&[&str]; 6] = [&[], &[""], &["a", ""], &["", "a"], &["a/b", "~1", "*"], &["0", "ü"]];
        for steps in all {
            let pointer = Pointer::from_steps(steps.iter().copied());
            assert_eq!(pointer.steps().collect::<Vec<_>>(), steps, "{pointer:?}");
            assert_eq!(Pointer::parse(pointer.as_str()), Some(pointer));
        }
    }

    fn all(pointer: &str, value: &Value) -> Vec<Value> {
        let mut seen = Vec::new();
        let none = Pointer::parse(pointer).unwrap().find_first(value, &mut |found| {
            seen.push(found.clone());
            false
        });
        assert_eq!(none, None);
        seen
    }

    #[test]
    fn a_star_is_every_item_and_a_name_in_an_object() {
        let body = json!({"errors": [{"code": 1}, {"code": 2}, {}, 7], "*": {"a/b~": "c"}, "": 0});
        assert_eq!(all("/errors/*/code", &body), [json!(1), json!(2)]);
        assert_eq!(all("/errors/1/code", &body), [json!(2)]);
        assert_eq!(all("/errors/9/code", &body), [] as [Value; 0]);
        assert_eq!(all("/*/a~1b~0", &body), [json!("c")]);
        assert_eq!(all("/", &body), [json!(0)]);
        assert_eq!(all("", &body), std::slice::from_ref(&body));
        assert_eq!(all("/errors/*/*", &body), [] as [Value; 0]);
    }

    #[test]
    fn a_pointer_finds_what_rfc_6901_says() {
        let mut body = json!({"foo": ["bar", "baz"], "": 0, "a/b": 1, "m~n": 8, "*": 2, " ": 7, "~1": 3});
        for few in [true, false] {
            for (pointer, found) in [
                ("/foo", Some(json!(["bar", "baz"]))),
                ("/foo/0", Some(json!("bar"))),
                ("/", Some(json!(0))),
                ("/a~1b", Some(json!(1))),
                ("/m~0n", Some(json!(8))),
                ("/~01", Some(json!(3))),
                ("/*", Some(json!(2))),
                ("/ ", Some(json!(7))),
                ("/foo/*", None),
                ("/foo/2", None),
                ("/foo/01", None),
                ("/foo/+1", None),
                ("/foo/-", None),
                ("/foo/", None),
                ("/foo/0/x", None),
                ("/none", None),
            ] {
                let pointer = Pointer::parse(pointer).unwrap();
                assert_eq!(pointer.find(&body), found.as_ref(), "{pointer}, few members: {few}");
                assert_eq!(pointer.find(&body), body.pointer(pointer.as_str()), "{pointer}");
            }
            assert_eq!(Pointer::parse("").unwrap().find(&body), Some(&body));
            body["more"] = json!(1);
            body["and more"] = json!(1);
        }
    }

    #[test]
    fn the_first_that_is_wanted_ends_the_search() {
        let body = json!([{"code": 1}, {"code": 2}, {"code": 3}]);
        let mut asked = 0;
        let found = Pointer::parse("/*/code").unwrap().find_first(&body, &mut |code| {
            asked += 1;
            *code == json!(2)
        });
        assert_eq!((found, asked), (Some(&json!(2)), 2));
    }
}
