//! The module's one state: the two buffers, and what is kept between calls.

use alloc::boxed::Box;
use core::mem::{take, transmute};

use hookward::{UnixSeconds, Verified};
use zeroize::Zeroize as _;

use crate::answer::{Answer, Refusal};
use crate::delivery::{self, Call, Times};
use crate::input::{FoundHeaders, Input};
use crate::kept::Kept;
use crate::memory::{Memory, Parts};
use crate::single::Single;

#[cfg(target_arch = "wasm32")]
static STATE: Single<State> = Single::new();

#[cfg(not(target_arch = "wasm32"))]
std::thread_local! {
    static STATE: Single<State> = const { Single::new() };
}

/// See the module.
#[derive(Default)]
pub(crate) struct State {
    memory: Memory,
    answer: Answer,
    kept: Kept,
    /// What was verified last, while it stands in the memory. It borrows from there and from `headers`,
    /// and so is given up before either is touched.
    verified: Option<Verified<'static>>,
    headers: Box<FoundHeaders<'static>>,
}

impl State {
    /// Runs `work` on the state. Calls never nest: JavaScript makes none while it hashes for one.
    pub(crate) fn with<T>(work: impl FnOnce(&mut Self) -> T) -> T {
        #[cfg(target_arch = "wasm32")]
        return STATE.with(Self::default, work);
        #[cfg(not(target_arch = "wasm32"))]
        STATE.with(|state| state.with(Self::default, work))
    }

    pub(crate) fn reserve(&mut self, body_bytes: usize, text_bytes: usize) -> usize {
        self.verified = None;
        self.memory.reserve(body_bytes, text_bytes)
    }

    /// The answer's address.
    pub(crate) fn output(&self) -> usize {
        self.answer.as_bytes().as_ptr() as usize
    }

    /// Has `work` write an answer to the input; its length in bytes.
    #[cfg(feature = "full")]
    pub(crate) fn answer(
        &mut self,
        work: impl FnOnce(&Kept, Parts<'_>, &mut Answer) -> Result<(), Refusal>,
    ) -> usize {
        self.answer.write(|answer| work(&self.kept, self.memory.parts(), answer))
    }

    /// The handle of a new provider; one that no provider has, if the input is not as it must be.
    pub(crate) fn add_provider(&mut self) -> usize {
        self.kept.add_row(self.memory.parts().texts).unwrap_or(usize::MAX)
    }

    /// The handle of a new list of secrets; one that no list has, if the input is not as it must be.
    pub(crate) fn add_secrets(&mut self, provider: usize, count: usize) -> usize {
        let Parts { texts, .. } = self.memory.parts();
        let added = self.kept.add(provider, count, &mut Input::new(texts));
        texts.zeroize();
        added.unwrap_or(usize::MAX)
    }

    pub(crate) fn drop_secrets(&mut self, handle: usize) {
        self.kept.drop(handle);
    }

    pub(crate) fn verify(&mut self, call: &Call, times: &Times) -> i32 {
        self.verified = None;
        match self.verified(call, times) {
            Ok(verified) => {
                self.verified = Some(verified);
                delivery::verdict(&verified)
            }
            Err(refusal) => {
                let length = self.answer.write(|_| Err(refusal));
                -i32::try_from(length).unwrap_or(i32::MAX)
            }
        }
    }

    fn verified(&mut self, call: &Call, times: &Times) -> Result<Verified<'static>, Refusal> {
        call.check_body()?;
        let row = self.kept.row(call.provider)?;
        // SAFETY: neither the buffer nor the headers move with `self`. They are changed here and in
        // `reserve` only, and `self.verified` has been given up by then.
        let mut parts: Parts<'static> = unsafe { transmute(self.memory.parts()) };
        let texts: &'static mut [u8] = take(&mut parts.texts);
        let mut input = Input::new(texts);
        input.headers(row.headers(), &mut self.headers)?;
        let target = input.target()?;
        // SAFETY: as above.
        let headers: &'static FoundHeaders<'static> = unsafe { transmute(&*self.headers) };
        delivery::verify(call, times, row, headers, target, parts, &self.kept)
    }

    pub(crate) fn timestamp(&self) -> f64 {
        let time = self.verified.and_then(|verified| verified.timestamp);
        #[expect(clippy::cast_precision_loss, reason = "13 digits at the most")]
        time.map_or(-1.0, |time: UnixSeconds| time.get() as f64)
    }

    pub(crate) fn tell(&mut self, what: fn(&Verified<'_>, &mut Answer)) -> usize {
        let verified = self.verified.as_ref();
        self.answer.write(|answer| {
            what(verified.ok_or(Refusal::Misuse)?, answer);
            Ok(())
        })
    }
}
