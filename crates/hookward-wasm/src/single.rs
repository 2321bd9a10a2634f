//! A static for one thread.

use core::cell::RefCell;

use crate::answer::misuse;

/// A value that stands where it is. On WebAssembly, where `std`'s thread-locals would bring `std` along,
/// it is a plain static.
pub(crate) struct Single<T>(RefCell<T>);

// SAFETY: WebAssembly without the threads proposal, for which this module is built, has one thread.
#[cfg(all(target_arch = "wasm32", not(target_feature = "atomics")))]
unsafe impl<T> Sync for Single<T> {}

impl<T> Single<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(RefCell::new(value))
    }

    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        match self.0.try_borrow_mut() {
            Ok(mut value) => work(&mut value),
            Err(_) => misuse(),
        }
    }
}
