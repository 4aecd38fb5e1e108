//! A node's allocator: a heap that is part of the component's memory from the start, and the host's pages past it.
//!
//! Most runs need a few dozen kilobytes. When these are there from the start, the host need not change the protection
//! of any page for them, which costs it more than the node's own work (BENCHMARKS.md).

use core::alloc::Layout;
use core::arch::wasm32::memory_grow;
use core::ptr::NonNull;

use talc::base::Talc;
use talc::base::binning::Binning;
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

const PAGE_BYTES: usize = 64 * 1024;
const FIRST_HEAP_BYTES: usize = 4 * PAGE_BYTES;

static mut FIRST_HEAP: [u8; FIRST_HEAP_BYTES] = [0; FIRST_HEAP_BYTES];

#[global_allocator]
static ALLOCATOR: TalcSyncCell<FirstHeapThenPages, WasmBinning> =
    TalcSyncCell::new_wasm(FirstHeapThenPages { heap_end: None });

/// Gives out the first heap, then grows the memory.
#[derive(Debug)]
struct FirstHeapThenPages {
    heap_end: Option<NonNull<u8>>,
}

// SAFETY: `acquire` adds memory to the allocator and takes none from it.
unsafe impl Source for FirstHeapThenPages {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let Some(heap_end) = talc.source.heap_end else {
            let first = &raw mut FIRST_HEAP;
            // SAFETY: nobody else has the first heap, and it is claimed once.
            talc.source.heap_end = unsafe { talc.claim(first.cast(), FIRST_HEAP_BYTES) };
            return talc.source.heap_end.map(|_| ()).ok_or(());
        };
        // Room for the allocator's own words beside the allocation.
        let pages = (layout.size() + layout.align()).div_ceil(PAGE_BYTES) + 1;
        let grown_at = match memory_grow::<0>(pages) {
            usize::MAX => return Err(()),
            page => (page * PAGE_BYTES) as *mut u8,
        };
        let size = pages * PAGE_BYTES;
        talc.source.heap_end = if heap_end.as_ptr() == grown_at {
            // SAFETY: the new pages begin where the heap ends, and nobody else has them.
            Some(unsafe { talc.extend(heap_end, grown_at.wrapping_add(size)) })
        } else {
            // SAFETY: nobody else has the new pages.
            unsafe { talc.claim(grown_at, size) }
        };
        Ok(())
    }
}
