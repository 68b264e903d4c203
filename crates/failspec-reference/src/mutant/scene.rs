//! The context of a mutant, and helpers that edit a response.

use serde_json::Value;

use crate::{Api, Envelope, Request, Response};

/// The context of a response.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The API that responded.
    pub api: &'a dyn Api,
    /// The request.
    pub request: &'a Request,
    /// The structure of the API's errors.
    pub envelope: &'static Envelope,
}

/// Changes the body, if it is JSON.
pub(super) fn edit(response: &mut Response, change: impl FnOnce(&mut Value)) {
    if let Some(mut document) = response.document() {
        change(&mut document);
        response.set_document(&document);
    }
}

/// Changes the value at a JSON Pointer, if there is one.
pub(super) fn edit_at(response: &mut Response, pointer: Option<&str>, change: impl FnOnce(&mut Value)) {
    let Some(pointer) = pointer else { return };
    edit(response, |document| {
        if let Some(value) = document.pointer_mut(pointer) {
            change(value);
        }
    });
}

/// Removes the member at a JSON Pointer and returns its value.
pub(super) fn take(document: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, name) = pointer.rsplit_once('/')?;
    document.pointer_mut(parent)?.as_object_mut()?.shift_remove(name)
}
