//! Random numbers.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Returns a random number. Each flow of a run needs some: requesting the bytes of each from the system would be a
/// thousand system calls for a thousand scenarios. The standard library requests random bytes once for each thread,
/// for unpredictable keys of a hash, and no two hashers of a thread have the same keys.
///
/// Names are made of it. Keys and other secrets are not: see `failspec-certificate`.
pub fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// Returns a UUID of version 4.
pub fn random_uuid() -> String {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&random().to_be_bytes());
    bytes[8..].copy_from_slice(&random().to_be_bytes());
    uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// Returns a short random name, of six digits and lower-case letters.
pub fn random_name() -> String {
    base36(random() % 36_u64.pow(6))
}

/// Formats a number in base 36: digits and lower-case letters are allowed in nearly every kind of name.
pub fn base36(mut number: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut digits = Vec::new();
    loop {
        digits.push(char::from(DIGITS[(number % 36) as usize]));
        number /= 36;
        if number == 0 {
            return digits.into_iter().rev().collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_uuid_is_made_twice() {
        let of_threads =
            (0..4).map(|_| std::thread::spawn(|| (0..1000).map(|_| random_uuid()).collect::<Vec<_>>()));
        let of_threads: Vec<_> = of_threads.collect();
        let all: HashSet<String> = of_threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        assert_eq!(all.len(), 4000);
        assert!(all.iter().all(|uuid| uuid.parse::<uuid::Uuid>().unwrap().get_version_num() == 4));
    }

    #[test]
    fn base36_has_no_leading_zero() {
        for (number, text) in [(0, "0"), (35, "z"), (36, "10"), (u64::MAX, "3w5e11264sgsf")] {
            assert_eq!(base36(number), text);
        }
    }
}
