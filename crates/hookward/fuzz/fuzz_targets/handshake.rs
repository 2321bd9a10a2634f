#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| hookward_fuzz::handshake::holds(input));
