//! What `std` would bring: an allocator, and what a panic does.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, memory_size, unreachable};
use core::cell::UnsafeCell;
use core::panic::PanicInfo;
use core::ptr::{null_mut, with_exposed_provenance_mut};

/// A panic is a trap, which JavaScript sees as an exception. It has no message: that would cost a fifth
/// of the module's size, for something that no input brings about.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unreachable()
}

#[global_allocator]
static ALLOCATOR: Allocator = Allocator(UnsafeCell::new(Heap { end: 0, free: [0; CLASSES] }));

/// Blocks of powers of two, each kind with a list of those that were given back: there are few kinds of
/// allocations, and they come again and again.
struct Allocator(UnsafeCell<Heap>);

struct Heap {
    /// The first byte that was never given out.
    end: usize,
    /// The address of the first free block of each size, which holds that of the next; 0 for none.
    free: [usize; CLASSES],
}

/// Sizes of blocks: 16 bytes and up.
const CLASSES: usize = 32;
const SMALLEST: usize = 16;
const PAGE: usize = 1 << 16;

unsafe extern "C" {
    /// Where the linker's own data end.
    static __heap_base: u8;
}

// SAFETY: WebAssembly without the threads proposal, for which this module is built, has one thread.
#[cfg(not(target_feature = "atomics"))]
unsafe impl Sync for Allocator {}

// SAFETY: a block is as large as its class, and so at least as the layout; all are multiples of 16 bytes
// from an address that is one; and none is given out again before it was given back.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let class = class(layout);
        // SAFETY: one thread, and nothing below comes back here. What is in `free` are blocks that were
        // given back, and hold an address.
        unsafe {
            let heap = &mut *self.0.get();
            let Some(free) = heap.free.get_mut(class) else { return null_mut() };
            let block = with_exposed_provenance_mut::<usize>(*free);
            if !block.is_null() {
                *free = block.read();
                return block.cast();
            }
            if heap.end == 0 {
                heap.end = (&raw const __heap_base).addr().next_multiple_of(SMALLEST);
            }
            let start = heap.end;
            let Some(end) = start.checked_add(1 << class) else { return null_mut() };
            let have = memory_size(0) * PAGE;
            if end > have && memory_grow(0, (end - have).div_ceil(PAGE)) == usize::MAX {
                return null_mut();
            }
            heap.end = end;
            with_exposed_provenance_mut(start)
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above; the block is the caller's no longer, and has room for an address.
        unsafe {
            if let Some(free) = (*self.0.get()).free.get_mut(class(layout)) {
                let block = block.expose_provenance();
                with_exposed_provenance_mut::<usize>(block).write(*free);
                *free = block;
            }
        }
    }
}

/// The power of two that a block for this has; one that there is not for a stricter alignment than any
/// type here has.
fn class(layout: Layout) -> usize {
    if layout.align() > SMALLEST {
        return CLASSES;
    }
    layout.size().max(SMALLEST).next_power_of_two().trailing_zeros() as usize
}
