//! From a crate to an optimised WebAssembly module: cargo, wasm-bindgen, wasm-opt.

use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result};
use wasm_bindgen_cli_support::Bindgen;

use crate::checkout::Checkout;
use crate::process::{cargo, node, run};
use crate::setup::WASM;

/// What the modules may use: what rustc's target has by itself, exceptions (wasm-bindgen's catch
/// wrappers) and SIMD (sha2). Named one by one, so that a newer wasm-opt cannot bring in an
/// encoding that a runtime does not know yet.
const FEATURES: [&str; 8] = [
    "--enable-mutable-globals",
    "--enable-sign-ext",
    "--enable-nontrapping-float-to-int",
    "--enable-bulk-memory",
    "--enable-multivalue",
    "--enable-reference-types",
    "--enable-exception-handling",
    "--enable-simd",
];

/// Compiles a crate of the workspace for wasm, with these features of it, and gives back the module's
/// path.
pub(crate) fn compile(
    checkout: &Checkout,
    package: &str,
    features: &str,
    profile: &str,
) -> Result<PathBuf> {
    let paths = without_paths(checkout)?;
    run(cargo(checkout).args(["build", "--locked", "--target", WASM, "--config", &paths]).args([
        "--package",
        package,
        "--features",
        features,
        "--profile",
        profile,
    ]))?;
    let module = package.replace('-', "_");
    Ok(checkout.target().join(WASM).join(profile).join(module).with_extension("wasm"))
}

/// A Cargo setting that keeps this machine's paths out of the module: panics name their source file,
/// and the module is published. Cargo adds it to what `.cargo/config.toml` says.
fn without_paths(checkout: &Checkout) -> Result<String> {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let cargo_home = cargo_home
        .or_else(|| Some(env::home_dir()?.join(".cargo")))
        .context("neither CARGO_HOME nor a home folder is known")?;
    let sources = cargo_home.join("registry").join("src");
    let flags = [(sources.as_path(), "registry"), (checkout.root(), ".")]
        .map(|(from, to)| format!("{:?}", format!("--remap-path-prefix={}={to}", from.display())));
    Ok(format!("target.{WASM}.rustflags=[{}]", flags.join(",")))
}

/// Runs wasm-bindgen, as a library: its version is then the one of the crate by the lock file.
/// Writes `{name}.js`, `{name}_bg.wasm` and what belongs to them into `out`, which is emptied.
pub(crate) fn bind(
    module: &Path,
    name: &str,
    out: &Path,
    configure: impl FnOnce(&mut Bindgen) -> Result<()>,
) -> Result<()> {
    if out.exists() {
        fs::remove_dir_all(out).with_context(|| format!("{} cannot be removed", out.display()))?;
    }
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name(name).typescript(false);
    configure(&mut bindgen)?;
    bindgen.generate(out).with_context(|| format!("wasm-bindgen failed on {}", module.display()))
}

/// Runs wasm-opt. `level` is its own word for how hard to try, such as `-Oz`.
pub(crate) fn optimise(
    checkout: &Checkout,
    input: &Path,
    output: &Path,
    level: &[&str],
) -> Result<()> {
    run(node(checkout, &checkout.npm_file("binaryen/bin/wasm-opt"))
        .args(level)
        .args(FEATURES)
        .arg(input)
        .arg("-o")
        .arg(output))
}
