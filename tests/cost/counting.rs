//! An allocator that counts what the current thread asks for.
#![expect(
    unsafe_code,
    reason = "an allocator is an unsafe trait; every call goes to that of the system as it is"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocations {
    /// How often; to grow what is there counts as once more.
    pub number: u64,
    /// How much in all, in bytes, whether it was given back or not.
    pub bytes: u64,
}

thread_local! {
    // Neither needs memory for itself, or the allocator would call itself.
    static NUMBER: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<u64> = const { Cell::new(0) };
}

/// The allocator of the system, counting.
pub struct Counting;

// SAFETY: every call goes to the allocator of the system as it is.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size.saturating_sub(layout.size()));
        unsafe { System.realloc(at, layout, size) }
    }
}

fn count(bytes: usize) {
    // A thread that ends may still give memory back.
    let _ = NUMBER.try_with(|number| number.set(number.get() + 1));
    let _ = BYTES.try_with(|all| all.set(all.get() + bytes as u64));
}

/// What this thread asks for while `work` goes on.
pub fn during<T>(work: impl FnOnce() -> T) -> Allocations {
    let now = || Allocations { number: NUMBER.get(), bytes: BYTES.get() };
    let before = now();
    let made = work();
    let after = now();
    drop(made);
    Allocations { number: after.number - before.number, bytes: after.bytes - before.bytes }
}
