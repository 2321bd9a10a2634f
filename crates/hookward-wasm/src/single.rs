//! A static for one thread.

use core::cell::RefCell;

/// A value that is made at first use. On WebAssembly, where `std`'s thread-locals would bring `std`
/// along, it is a plain static.
pub(crate) struct Single<T>(RefCell<Option<T>>);

// SAFETY: WebAssembly without the threads proposal, for which this module is built, has one thread.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
unsafe impl<T> Sync for Single<T> {}

impl<T> Single<T> {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(None))
    }

    pub(crate) fn with<R>(&self, make: fn() -> T, work: impl FnOnce(&mut T) -> R) -> R {
        work(self.0.borrow_mut().get_or_insert_with(make))
    }
}
