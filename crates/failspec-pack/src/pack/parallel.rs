//! Reading of many files on several threads.

use std::num::NonZero;

/// The minimum number of scenario files that are read on several threads. Starting a thread takes as long as reading
/// a file.
const MANY_FILES_THRESHOLD: usize = 4;

/// Returns the result of `read` for each item, in the order of the items. Many items are distributed over several
/// threads, because scenario files do not depend on each other.
pub(super) fn side_by_side<T: Sync, R: Send>(items: &[T], read: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = match items.len() {
        0..MANY_FILES_THRESHOLD => 1,
        many => std::thread::available_parallelism()
            .map_or(1, NonZero::get)
            .min(many / (MANY_FILES_THRESHOLD / 2)),
    };
    if threads == 1 {
        return items.iter().map(read).collect();
    }
    let read = &read;
    let (first, others) = items.split_at(items.len().div_ceil(threads));
    std::thread::scope(|scope| {
        let parts = others.chunks(items.len().div_ceil(threads));
        let parts: Vec<_> =
            parts.map(|part| scope.spawn(|| part.iter().map(read).collect::<Vec<R>>())).collect();
        let mut done: Vec<R> = first.iter().map(read).collect();
        for part in parts {
            done.extend(part.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_items_however_many_there_are() {
        for many in 0..40 {
            let items: Vec<usize> = (0..many).collect();
            assert_eq!(
                side_by_side(&items, |item| item * 2),
                items.iter().map(|item| item * 2).collect::<Vec<_>>()
            );
        }
    }
}
