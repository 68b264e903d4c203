//! Pseudorandom choices for requests that nobody thought of.

/// A pseudorandom number generator (xorshift): small, fast and the same in every run; quality hardly matters here.
pub struct Dice(u64);

/// Number of rounds in every test run.
pub const FEW: u32 = 4_000;

/// Number of rounds in a test that is run on demand.
pub const MANY: u32 = 60_000;

impl Dice {
    pub fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }

    pub fn roll<'a, T: ?Sized>(&mut self, sides: &[&'a T]) -> &'a T {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let count = u64::try_from(sides.len()).expect("few");
        sides[usize::try_from(self.0 % count).expect("few")]
    }
}
