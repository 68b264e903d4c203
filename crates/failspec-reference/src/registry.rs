//! The reference implementations by name.

use std::sync::Arc;

use super::{
    Api, apinizer::Apinizer, k0rdent::K0rdent, kubeadapt::Kubeadapt, kubeglass::Kubeglass,
    kubevision::Kubevision,
};

/// The names that [`api`] accepts.
#[must_use]
pub fn apis() -> &'static [&'static str] {
    &["kubeglass", "kubevision", "kubeadapt", "k0rdent", "apinizer"]
}

/// Creates a reference implementation with its initial data; `None` if there is none of that name.
#[must_use]
pub fn api(name: &str) -> Option<Arc<dyn Api>> {
    match name {
        "kubeglass" => Some(Arc::new(Kubeglass::new())),
        "kubevision" => Some(Arc::new(Kubevision::new())),
        "kubeadapt" => Some(Arc::new(Kubeadapt::new())),
        "k0rdent" => Some(Arc::new(K0rdent::new())),
        "apinizer" => Some(Arc::new(Apinizer::new())),
        _ => None,
    }
}
