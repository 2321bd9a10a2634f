//! The WebAssembly surface of the `hookward` npm package.
