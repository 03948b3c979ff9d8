//! The allocator of the program: mimalloc. A check holds tens of thousands of small pieces for some milliseconds; the C library's
//! allocator gets memory from the kernel in steps of a page to each thread, which takes a quarter of a check whose layers are cached.

#![allow(unsafe_code)] // An option of a C library can only be set by a foreign call.

use std::ffi::c_int;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` in mimalloc 2's `mimalloc.h`: milliseconds after which freed memory goes back to the kernel.
const PURGE_DELAY: c_int = 15;

/// Gives large pieces back as soon as they are freed, so that the peak is what is in use: for work that needs much memory. What only
/// reads back what is known needs little, and would get the same pages again. A value in the environment (`MIMALLOC_PURGE_DELAY`) is kept.
pub(crate) fn give_back_at_once() {
    // SAFETY: takes two integers, touches only mimalloc's table of options, and refuses a number that is not in it.
    unsafe { libmimalloc_sys::mi_option_set_default(PURGE_DELAY, 0) }
}
