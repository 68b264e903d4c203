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

/// Random letters and digits in both cases, as many as wanted.
#[must_use]
pub fn base62(count: usize) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(count);
    while text.len() < count {
        // Version and variant are in bytes 6 and 8; the bytes behind 10 are all random.
        let random = Uuid::new_v4().into_bytes();
        let digits = random[10..].iter().map(|byte| char::from(DIGITS[usize::from(*byte) % DIGITS.len()]));
        text.extend(digits.take(count - text.len()));
    }
    text
}
