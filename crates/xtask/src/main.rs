//! The project's own commands. `cargo xtask help` lists them.

mod checkout;
mod glue;
mod process;
mod setup;
mod stamp;
mod wasm;
mod worker_build;

use checkout::Checkout;

fn main() -> anyhow::Result<()> {
    let checkout = Checkout::find();
    let args: Vec<String> = std::env::args().skip(1).collect();
    setup::ensure(&checkout, setup::Needs::Build)?;
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["setup"] => Ok(()),
        ["build", "worker"] => worker_build::build(&checkout),
        ["bundle", module, out] => worker_build::bundle(&checkout, module.as_ref(), out.as_ref()),
        _ => anyhow::bail!("?"),
    }
}
