//! Unique ids of requests.

use uuid::Uuid;

/// Creates a random UUID (version 4) in its usual form.
#[must_use]
pub fn uuid() -> String {
    Uuid::new_v4().to_string()
}

/// Creates `count` random lower-case hexadecimal digits, at most 32.
#[must_use]
pub fn hex_digits(count: usize) -> String {
    let mut digits = Uuid::new_v4().simple().to_string();
    // The version nibble is the same in every UUID, so take from the end, where all digits are random.
    digits.drain(..digits.len().saturating_sub(count));
    digits
}

/// Creates `count` random letters and digits; letters are in both cases.
#[must_use]
pub fn base62(count: usize) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = String::with_capacity(count);
    while text.len() < count {
        // Version and variant are in bytes 6 and 8; the bytes from 10 on are all random.
        let random = Uuid::new_v4().into_bytes();
        let digits = random[10..].iter().map(|byte| char::from(DIGITS[usize::from(*byte) % DIGITS.len()]));
        text.extend(digits.take(count - text.len()));
    }
    text
}
