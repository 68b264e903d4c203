//! The one place that knows every secret of a run and takes them out of text.

/// Every secret of a run that is known so far.
#[derive(Debug, Default)]
pub struct Mask {}
impl Mask {
    /// Stand-in until the room is finished.
    pub fn new() -> Self {
        Self {}
    }
    /// Stand-in until the room is finished.
    pub fn add(&self, _: &super::Secret) {}
    /// Stand-in until the room is finished.
    pub fn add_value(&self, _: &str, _: &str) {}
    /// Stand-in until the room is finished.
    pub fn text<'t>(&self, text: &'t str) -> std::borrow::Cow<'t, str> {
        text.into()
    }
    /// Stand-in until the room is finished.
    pub fn json(&self, v: &serde_json::Value) -> serde_json::Value {
        v.clone()
    }
}
