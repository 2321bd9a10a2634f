//! Where things are in the checkout.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::{env, io};

/// The checkout this tool was built from, and the places in it that commands share.
pub(crate) struct Checkout {
    root: PathBuf,
}

impl Checkout {
    /// Finds the checkout from where Cargo says this package is, so that commands work from any
    /// folder in it.
    pub(crate) fn find() -> Self {
        // Cargo sets the variable at run time as well; the built-in value serves a run without it.
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.ancestors().nth(2).unwrap_or(&package).to_path_buf();
        Self { root }
    }

    /// The folder that holds the workspace's `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// A path inside the checkout.
    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// Cargo's target folder.
    pub(crate) fn target(&self) -> PathBuf {
        env::var_os("CARGO_TARGET_DIR").map_or_else(|| self.path("target"), |d| self.root.join(d))
    }

    /// The Node that wrangler and the tests run on; `npm ci` brings it.
    pub(crate) fn node(&self) -> PathBuf {
        self.path("tests/node_modules/node/bin/node")
    }

    /// Where this tool keeps what is its own.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.target().join("xtask").join("scratch")
    }

    /// Waits until no other run of this tool is installing or bundling in this checkout, and keeps
    /// others out until the file is dropped.
    pub(crate) fn lock(&self) -> io::Result<File> {
        let folder = self.scratch();
        fs::create_dir_all(&folder)?;
        let file = File::create(folder.join("lock"))?;
        file.lock()?;
        Ok(file)
    }

    /// A file of an npm package in `tests/node_modules`.
    pub(crate) fn npm_file(&self, relative: &str) -> PathBuf {
        self.path("tests/node_modules").join(relative)
    }
}
