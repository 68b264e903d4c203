//! The reference implementations by name.

use std::sync::Arc;

use super::{Api, kubeglass::Kubeglass, kubevision::Kubevision};

/// The names that [`api`] knows.
#[must_use]
pub fn apis() -> &'static [&'static str] {
    &["kubeglass", "kubevision"]
}

/// A fresh reference implementation with its initial data; `None` if there is none of that name.
#[must_use]
pub fn api(name: &str) -> Option<Arc<dyn Api>> {
    match name {
        "kubeglass" => Some(Arc::new(Kubeglass::new())),
        "kubevision" => Some(Arc::new(Kubevision::new())),
        _ => None,
    }
}
