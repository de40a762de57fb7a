//! A suite's file as it lies there: plain, or compressed.

use std::io::Read as _;
use std::path::Path;

use anyhow::Context as _;

pub(crate) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    let bytes = std::fs::read(file).with_context(|| file.display().to_string())?;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes);
    }
    let mut plain = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice())
        .read_to_end(&mut plain)
        .with_context(|| file.display().to_string())?;
    Ok(plain)
}
