//! The module's one state: the two buffers, and what is kept between calls.

use core::mem::{take, transmute};

use hookward::Verified;
use zeroize::Zeroize as _;

use crate::answer::{Error, Refusal, misuse};
use crate::delivery::{self, Call, Fields, Times};
use crate::input::Input;
use crate::kept::Kept;
#[cfg(feature = "full")]
use crate::lists::Answer;
use crate::memory::{Memory, Parts};
use crate::single::Single;

#[cfg(target_arch = "wasm32")]
static STATE: Single<State> = Single::new(State::new());

#[cfg(not(target_arch = "wasm32"))]
std::thread_local! {
    static STATE: Single<State> = const { Single::new(State::new()) };
}

/// See the module.
pub(crate) struct State {
    memory: Memory,
    kept: Kept,
    refusal: Refusal,
    #[cfg(feature = "full")]
    answer: Answer,
    /// What was verified last, while it stands in the memory. It borrows from there, and so is given up
    /// before that is touched.
    verified: Option<Verified<'static>>,
    fields: Fields,
    event_key: [u8; 32],
}

impl State {
    const fn new() -> Self {
        Self {
            memory: Memory::new(),
            kept: Kept::new(),
            refusal: Refusal::new(),
            #[cfg(feature = "full")]
            answer: Answer::new(),
            verified: None,
            fields: [0.0; 7],
            event_key: [0; 32],
        }
    }

    /// Runs `work` on the state. Calls never nest: JavaScript makes none while it hashes for one.
    pub(crate) fn with<T>(work: impl FnOnce(&mut Self) -> T) -> T {
        #[cfg(target_arch = "wasm32")]
        return STATE.with(work);
        #[cfg(not(target_arch = "wasm32"))]
        STATE.with(|state| state.with(work))
    }

    pub(crate) fn reserve(&mut self, body_bytes: usize, text_bytes: usize) -> usize {
        self.verified = None;
        self.memory.reserve(body_bytes, text_bytes)
    }

    /// The address of the last refusal.
    #[cfg(not(feature = "full"))]
    pub(crate) fn output(&self) -> usize {
        self.refusal.as_bytes().as_ptr() as usize
    }

    /// The address of the last answer.
    #[cfg(feature = "full")]
    pub(crate) fn output(&self) -> usize {
        self.answer.as_bytes().as_ptr() as usize
    }

    /// Has `work` write an answer to the input; its length in bytes.
    #[cfg(feature = "full")]
    pub(crate) fn answer(
        &mut self,
        work: impl FnOnce(&Kept, Parts<'_>, &mut Answer) -> Result<(), Error>,
    ) -> usize {
        self.answer.write(|answer| work(&self.kept, self.memory.parts(), answer))
    }

    /// The handle of a new provider; one that no provider has, if the input is not as it must be.
    pub(crate) fn add_provider(&mut self) -> usize {
        self.verified = None;
        self.kept.add_row(self.memory.parts().texts).unwrap_or(usize::MAX)
    }

    /// The handle of a new list of secrets; one that no list has, if the input is not as it must be.
    pub(crate) fn add_secrets(&mut self, provider: usize, count: usize) -> usize {
        self.verified = None;
        let Parts { texts, .. } = self.memory.parts();
        let added = self.kept.add(provider, count, &mut Input::new(texts));
        texts.zeroize();
        added.unwrap_or(usize::MAX)
    }

    pub(crate) fn drop_secrets(&mut self, provider: usize, handle: usize) {
        self.kept.drop(provider, handle);
    }

    pub(crate) fn verify(&mut self, call: &Call, times: &Times) -> i32 {
        self.verified = None;
        match self.verified(call, times) {
            Ok(verified) => {
                self.verified = Some(verified);
                delivery::verdict(&verified)
            }
            Err(error) => {
                let length = self.refusal.write(&error);
                -i32::try_from(length).unwrap_or(i32::MAX)
            }
        }
    }

    fn verified(&mut self, call: &Call, times: &Times) -> Result<Verified<'static>, Error> {
        call.check_body()?;
        let row = self.kept.row(call.provider)?;
        let mut parts = self.memory.parts();
        let texts: &mut [u8] = take(&mut parts.texts);
        let mut input = Input::new(texts);
        let headers = input.headers(&row.headers);
        let target = input.target();
        let verified = delivery::verify(call, times, row, &headers, target, parts, &self.kept)?;
        // SAFETY: it borrows from the row, which is kept for good, and, through `headers`, from the buffer,
        // which does not move with `self` and is changed here and in `reserve` only: by then
        // `self.verified` has been given up.
        Ok(unsafe { transmute::<Verified<'_>, Verified<'static>>(verified) })
    }

    pub(crate) fn timestamp(&self) -> f64 {
        delivery::seconds_or_none(self.last().timestamp)
    }

    /// The address of the event's key; 0 if it has none.
    pub(crate) fn event_key(&mut self) -> usize {
        let event = self.last();
        match event.event_key() {
            Some(key) => {
                self.event_key = key.stored(event.provider().id);
                self.event_key.as_ptr() as usize
            }
            None => 0,
        }
    }

    /// The address of what is in the body.
    pub(crate) fn fields(&mut self) -> usize {
        self.fields = delivery::fields(self.last());
        self.fields.as_ptr() as usize
    }

    /// What was verified last.
    fn last(&self) -> &Verified<'static> {
        self.verified.as_ref().unwrap_or_else(|| misuse())
    }
}
