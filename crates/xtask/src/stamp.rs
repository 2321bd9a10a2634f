//! Doing a step only when what goes into it has changed.

use std::fs;
use std::hash::{DefaultHasher, Hasher as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A fingerprint over everything a step reads. It guards against doing work twice, not against
/// anyone: 64 bits of the standard hasher are enough, and it is the same for the same toolchain.
pub(crate) struct Inputs(DefaultHasher);

impl Inputs {
    /// A fingerprint of nothing yet.
    pub(crate) fn new() -> Self {
        Self(DefaultHasher::new())
    }

    /// Adds some bytes. Their length goes in first, so that moving a byte from one part to the
    /// next gives another fingerprint.
    pub(crate) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.write_usize(bytes.len());
        self.0.write(bytes);
        self
    }

    /// Adds a file's content.
    pub(crate) fn file(self, path: &Path) -> Result<Self> {
        let content =
            fs::read(path).with_context(|| format!("{} cannot be read", path.display()))?;
        Ok(self.bytes(&content))
    }

    /// Adds every file under a folder, with its path in there; nothing if there is no such folder.
    pub(crate) fn folder(mut self, folder: &Path) -> Result<Self> {
        if !folder.exists() {
            return Ok(self);
        }
        let mut entries = fs::read_dir(folder)
            .with_context(|| format!("{} cannot be read", folder.display()))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<Vec<_>>>()?;
        entries.sort();
        for path in entries {
            self = self.bytes(path.file_name().unwrap_or_default().as_encoded_bytes());
            self = if path.is_dir() { self.folder(&path)? } else { self.file(&path)? };
        }
        Ok(self)
    }

    /// The fingerprint, as 16 hex digits.
    pub(crate) fn finish(&self) -> String {
        format!("{:016x}", self.0.finish())
    }
}

/// The file that says with which inputs a step was last done.
pub(crate) struct Stamp {
    file: PathBuf,
    inputs: String,
}

impl Stamp {
    /// The stamp in `file` for these inputs.
    pub(crate) fn new(file: PathBuf, inputs: &Inputs) -> Self {
        Self { file, inputs: inputs.finish() }
    }

    /// Whether the step was done with exactly these inputs, and all of `outputs` are still there.
    pub(crate) fn is_fresh(&self, outputs: &[&Path]) -> bool {
        let recorded = fs::read_to_string(&self.file).unwrap_or_default();
        recorded == self.inputs && outputs.iter().all(|output| output.exists())
    }

    /// Forgets the stamp before the step begins, so that a step cut short is done again.
    pub(crate) fn clear(&self) {
        // A stamp that is not there is as good as one removed.
        let _ = fs::remove_file(&self.file);
    }

    /// Records that the step is done.
    pub(crate) fn set(&self) -> Result<()> {
        fs::write(&self.file, &self.inputs)
            .with_context(|| format!("{} cannot be written", self.file.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_inputs_give_the_same_fingerprint() {
        let one = Inputs::new().bytes(b"a").bytes(b"bc").finish();
        let two = Inputs::new().bytes(b"a").bytes(b"bc").finish();
        assert_eq!(one, two);
        assert_eq!(one.len(), 16);
    }

    #[test]
    fn a_byte_that_moves_between_inputs_changes_the_fingerprint() {
        let one = Inputs::new().bytes(b"a").bytes(b"bc").finish();
        let two = Inputs::new().bytes(b"ab").bytes(b"c").finish();
        assert_ne!(one, two);
    }

    #[test]
    fn a_folder_counts_with_names_and_contents() {
        let folder = std::env::temp_dir().join(format!("xtask-folder-{}", std::process::id()));
        let fingerprint = || Inputs::new().folder(&folder).unwrap().finish();
        let absent = fingerprint();
        fs::create_dir_all(folder.join("inner")).unwrap();
        fs::write(folder.join("inner/a"), "1").unwrap();
        let first = fingerprint();
        assert_ne!(first, absent);
        assert_eq!(first, fingerprint());
        fs::write(folder.join("inner/a"), "2").unwrap();
        let second = fingerprint();
        assert_ne!(first, second);
        fs::rename(folder.join("inner/a"), folder.join("inner/b")).unwrap();
        assert_ne!(second, fingerprint());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn a_stamp_is_fresh_only_for_its_inputs_and_while_the_outputs_exist() {
        let folder = std::env::temp_dir().join(format!("xtask-stamp-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let output = folder.join("output");
        let stamp = Stamp::new(folder.join("stamp"), &Inputs::new().bytes(b"1"));
        assert!(!stamp.is_fresh(&[]));

        stamp.set().unwrap();
        assert!(stamp.is_fresh(&[]));
        assert!(!stamp.is_fresh(&[&output]));
        fs::write(&output, "").unwrap();
        assert!(stamp.is_fresh(&[&output]));

        let changed = Stamp::new(folder.join("stamp"), &Inputs::new().bytes(b"2"));
        assert!(!changed.is_fresh(&[&output]));
        stamp.clear();
        assert!(!stamp.is_fresh(&[&output]));
        fs::remove_dir_all(&folder).unwrap();
    }
}
