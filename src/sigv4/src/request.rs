//! A request as plain bytes: what was received, or what will be sent.

/// An HTTP request, without any HTTP library: nothing decoded, nothing merged.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, exactly as on the wire.
    pub path: &'a str,
    /// The query, exactly as on the wire; none when there is no `?`.
    pub query: Option<&'a str>,
    /// The header lines, in order, names as on the wire.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body.
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    /// Every line of this header, in order; the name's case does not matter.
    pub fn header_lines(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }

    /// The header's one line as text. `Err` when it has several, or is not visible ASCII: both could be read in two
    /// ways (threat S4).
    pub fn only_header(&self, name: &str) -> Result<Option<&'a str>, &'static str> {
        let mut lines = self.header_lines(name);
        let Some(line) = lines.next() else { return Ok(None) };
        if lines.next().is_some() {
            return Err("is given twice");
        }
        let is_text = line.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\t'));
        match std::str::from_utf8(line) {
            Ok(text) if is_text => Ok(Some(text.trim_matches([' ', '\t']))),
            _ => Err("is not printable ASCII"),
        }
    }
}
