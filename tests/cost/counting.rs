//! An allocator that counts the allocations of the current thread.
#![expect(
    unsafe_code,
    reason = "an allocator is an unsafe trait; every call goes to that of the system as it is"
)]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// Counted allocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allocations {
    /// Number of allocations; growing one counts as another.
    pub number: u64,
    /// Total size in bytes, whether freed or not.
    pub bytes: u64,
}

thread_local! {
    // Neither allocates memory, because the allocator would then call itself.
    static NUMBER: Cell<u64> = const { Cell::new(0) };
    static BYTES: Cell<u64> = const { Cell::new(0) };
}

/// The system allocator with counters.
pub struct Counting;

// SAFETY: every call is passed to the system allocator unchanged.
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
    // A thread that is ending may still use the allocator.
    let _ = NUMBER.try_with(|number| number.set(number.get() + 1));
    let _ = BYTES.try_with(|all| all.set(all.get() + bytes as u64));
}

/// Counts the allocations of this thread during `work`.
pub fn during<T>(work: impl FnOnce() -> T) -> Allocations {
    let now = || Allocations { number: NUMBER.get(), bytes: BYTES.get() };
    let before = now();
    let made = work();
    let after = now();
    drop(made);
    Allocations { number: after.number - before.number, bytes: after.bytes - before.bytes }
}
