//! Ids that tell one request from every other.

use uuid::Uuid;

/// A random UUID (version 4) in its usual form.
#[must_use]
pub fn uuid() -> String {
    Uuid::new_v4().to_string()
}

/// Random lower-case hexadecimal digits, 32 at most.
#[must_use]
pub fn hex_digits(count: usize) -> String {
    let mut digits = Uuid::new_v4().simple().to_string();
    // The version nibble is the same in every UUID, so take from the end, where all digits are random.
    digits.drain(..digits.len().saturating_sub(count));
    digits
}
