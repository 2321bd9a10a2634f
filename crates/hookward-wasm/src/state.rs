//! The module's one state: the two buffers, and what is kept between calls.

use alloc::vec;
use alloc::vec::Vec;

use zeroize::Zeroize as _;

use crate::answer::{Answer, Refusal};
use crate::input::Input;
use crate::kept::Kept;
use crate::single::Single;

#[cfg(target_arch = "wasm32")]
static STATE: Single<State> = Single::new();

#[cfg(not(target_arch = "wasm32"))]
std::thread_local! {
    static STATE: Single<State> = const { Single::new() };
}

/// See the module.
pub(crate) struct State {
    input: Vec<u8>,
    /// How much of the input was asked for; the rest is left from larger calls.
    used: usize,
    answer: Answer,
    kept: Kept,
}

impl State {
    fn new() -> Self {
        Self { input: Vec::new(), used: 0, answer: Answer::default(), kept: Kept::new() }
    }

    /// Runs `work` on the state. Calls never nest: nothing in here calls JavaScript.
    pub(crate) fn with<T>(work: impl FnOnce(&mut Self) -> T) -> T {
        #[cfg(target_arch = "wasm32")]
        return STATE.with(Self::new, work);
        #[cfg(not(target_arch = "wasm32"))]
        STATE.with(|state| state.with(Self::new, work))
    }

    /// Makes the input at least `length` bytes long; its address.
    pub(crate) fn reserve(&mut self, length: usize) -> usize {
        if self.input.len() < length {
            // Nothing in it is worth carrying over to the new place.
            self.input = vec![0; length];
        }
        self.used = length;
        self.input.as_mut_ptr() as usize
    }

    /// The answer's address.
    pub(crate) fn output(&self) -> usize {
        self.answer.as_bytes().as_ptr() as usize
    }

    /// Has `work` write an answer; its length in bytes.
    pub(crate) fn answer(
        &mut self,
        work: impl for<'k> FnOnce(Input<'_>, &'k Kept, &mut Answer) -> Result<(), Refusal<'k>>,
    ) -> usize {
        self.answer.clear();
        let input = Input::new(self.input.get(..self.used).unwrap_or_default());
        if let Err(refusal) = work(input, &self.kept, &mut self.answer) {
            self.answer.refuse(&refusal);
        }
        self.answer.as_bytes().len()
    }

    /// The handle of a new list of secrets; one that no list has, if the input is not as it must be.
    pub(crate) fn add_secrets(&mut self, provider: usize, count: usize) -> usize {
        let input = self.input.get(..self.used).unwrap_or_default();
        let added = self.kept.add(provider, count, &mut Input::new(input));
        self.wipe_input();
        added.unwrap_or(usize::MAX)
    }

    pub(crate) fn wipe_input(&mut self) {
        self.input.get_mut(..self.used).unwrap_or_default().zeroize();
    }

    pub(crate) fn drop_secrets(&mut self, handle: usize) {
        self.kept.drop(handle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_stay_in_the_input() {
        let mut state = State::new();
        state.reserve(10);
        state.input.copy_from_slice(b"\x06\0\0\0secret");
        let handle = state.add_secrets(0, 1);
        assert!(matches!(state.kept.secrets(handle), Ok(Ok(list)) if list.len() == 1));
        assert_eq!(state.input, [0; 10]);
    }

    #[test]
    fn input_that_is_not_as_it_must_be_gets_a_handle_that_nothing_has() {
        let mut state = State::new();
        state.reserve(3);
        let handle = state.add_secrets(0, 1);
        assert!(matches!(state.kept.secrets(handle), Err(Refusal::Misuse)));
    }

    #[test]
    fn a_small_input_after_a_large_one_sees_nothing_of_it() {
        let mut state = State::new();
        state.reserve(100);
        state.input.fill(7);
        state.reserve(2);
        let length = state.answer(|mut input, _, answer| {
            answer.number(u64::from(input.bytes(3).is_err() && input.bytes(2).is_ok()));
            Ok(())
        });
        assert_eq!(state.answer.as_bytes().get(..length), Some(&b"1"[..]));
    }
}
