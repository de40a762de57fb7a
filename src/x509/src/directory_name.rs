//! A distinguished name by its bytes, for structures that are walked and not parsed as a whole.

use crate::der::Element;
use crate::name::Name;
use crate::reader::{Fault, check_whole};

/// The largest name that is read. A name that chains to a certificate fits in one, and no certificate is larger.
const LARGEST: usize = 64 * 1024;

/// Reads the name that is this element.
pub(crate) fn read<'a>(element: &Element<'a>) -> Result<Name, Fault<'a>> {
    let fail = |reason| Fault::new(element.whole, reason);
    if element.whole.len() > LARGEST {
        return Err(fail("a name of more than 64 KiB"));
    }
    check_whole(element.whole)?;
    Name::read(element)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::element;
    use crate::reader::Reader;

    /// Threats P21, P22: nothing in a name is passed over.
    #[test]
    fn a_name_is_read_whole_or_not_at_all() {
        let attribute =
            |value: &[&[u8]]| element(0x30, &[&[&[0x06, 0x03, 0x55, 0x04, 0x03][..]], value].concat());
        let cn = attribute(&[&element(0x0c, &[b"a"])]);
        let good = element(0x31, &[&cn]);
        for (name, rdns, wanted) in [
            ("none", vec![], Some("")),
            (
                "two",
                vec![good.clone(), element(0x31, &[&cn, &cn])],
                Some("CN=a,CN=a+CN=a"),
            ),
            (
                "a sequence for a set",
                vec![good.clone(), element(0x30, &[&cn]), good.clone()],
                None,
            ),
            ("an empty set", vec![good.clone(), element(0x31, &[])], None),
            ("no sequence", vec![element(0x31, &[&[0x05, 0x00]])], None),
            (
                "no type",
                vec![element(0x31, &[&element(0x30, &[&[0x05, 0x00], &[0x05, 0x00]])])],
                None,
            ),
            ("no value", vec![element(0x31, &[&attribute(&[])])], None),
            (
                "two values",
                vec![element(0x31, &[&attribute(&[&[0x0c, 0], &[0x0c, 0]])])],
                None,
            ),
            (
                "bytes in the set",
                vec![element(0x31, &[&cn, &[0x05, 0x00]])],
                None,
            ),
        ] {
            let der = element(0x30, &[&rdns.concat()]);
            let read = Reader::new(&der).any().and_then(|element| read(&element)).ok();
            assert_eq!(read.map(|name| name.display()).as_deref(), wanted, "{name}");
        }
    }
}
