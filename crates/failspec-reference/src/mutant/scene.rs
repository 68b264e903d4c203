//! What a mutant sees, and how it reaches into a response.

use serde_json::Value;

use crate::{Api, Envelope, Request, Response};

/// Where a response comes from.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The API that responded.
    pub api: &'a dyn Api,
    /// The request.
    pub request: &'a Request,
    /// How the API shapes its errors.
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

/// Takes out the member at a JSON Pointer; gives back what it was.
pub(super) fn take(document: &mut Value, pointer: &str) -> Option<Value> {
    let (parent, name) = pointer.rsplit_once('/')?;
    document.pointer_mut(parent)?.as_object_mut()?.shift_remove(name)
}
