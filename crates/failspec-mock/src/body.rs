//! Changes of values at pointers.

use serde_json::{Map, Value};

use failspec_pack::pack::Pointer;

/// Sets the value at a pointer, and makes what is on the way: an item of a list for `*` and for numbers, members of objects
/// otherwise. `*` is the first item.
pub fn set(body: &mut Value, pointer: &Pointer, value: Value) {
    *place(body, pointer) = value;
}

/// Returns the value at a pointer, made if it was not there.
pub fn place<'b>(body: &'b mut Value, pointer: &Pointer) -> &'b mut Value {
    let mut at = body;
    for step in pointer.steps() {
        let index =
            if step == "*" { Some(0) } else { step.parse::<usize>().ok().filter(|index| *index < 100) };
        if let Some(index) = index.filter(|_| !at.is_object()) {
            if !at.is_array() {
                *at = Value::Array(Vec::new());
            }
            if let Value::Array(items) = at {
                while items.len() <= index {
                    items.push(Value::Null);
                }
                at = &mut items[index];
                continue;
            }
        }
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        // `preserve_order` keeps the order of a contract.
        at = &mut at[step.as_ref()];
    }
    at
}

/// Adds to a value what another one has and it lacks; where both have a value, that of `other` counts.
pub fn merge(value: &mut Value, other: Value) {
    match (value, other) {
        (Value::Object(own), Value::Object(other)) => {
            for (name, other) in other {
                match own.get_mut(&name) {
                    Some(own) => merge(own, other),
                    None => drop(own.insert(name, other)),
                }
            }
        }
        (Value::Array(own), Value::Array(other)) => {
            for (index, other) in other.into_iter().enumerate() {
                match own.get_mut(index) {
                    Some(own) => merge(own, other),
                    None => own.push(other),
                }
            }
        }
        (own, other) => *own = other,
    }
}
