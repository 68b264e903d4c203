//! Secret values: where they came from, and how they are kept out of everything that is shown.

mod mask;

pub use mask::Mask;

/// Stand-in until the room is finished.
#[derive(Clone)]
pub struct Secret(String, String);
impl Secret {
    /// Stand-in until the room is finished.
    pub fn new(value: impl Into<String>, origin: impl Into<String>) -> Self {
        Self(value.into(), origin.into())
    }
    /// Stand-in until the room is finished.
    pub fn expose(&self) -> &str {
        &self.0
    }
    /// Stand-in until the room is finished.
    pub fn origin(&self) -> &str {
        &self.1
    }
}
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[secret]")
    }
}
