//! The reference implementations by name.

use std::sync::Arc;

use super::{
    Api,
    apinizer::Apinizer,
    k0rdent::K0rdent,
    kubeadapt::Kubeadapt,
    kubeglass::Kubeglass,
    kubevision::{Kubevision, Pages},
};

/// The names that [`api`] accepts.
#[must_use]
pub fn apis() -> &'static [&'static str] {
    &["kubeglass", "kubevision", "kubeadapt", "k0rdent", "apinizer"]
}

/// The day of the older pages of KubeVision is before this one, that of the newer pages is not.
const KUBEVISION_AUGUST: jiff::civil::Date = jiff::civil::date(2026, 8, 13);

/// Creates a reference implementation of the documentation as it was on a day, with its initial data; `None` if there is
/// none of that name. Only some APIs have several versions.
#[must_use]
pub fn api_on(name: &str, day: jiff::civil::Date) -> Option<Arc<dyn Api>> {
    match name {
        "kubevision" if day < KUBEVISION_AUGUST => Some(Arc::new(Kubevision::of(Pages::March2026))),
        _ => api(name),
    }
}

/// Creates a reference implementation of the newest documentation, with its initial data; `None` if there is none of that name.
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
