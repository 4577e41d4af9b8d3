#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| foresail_fuzz::enter("metrics", data));
