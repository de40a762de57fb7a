//! Which text can be spelled in one way only, so that a name that differs from it is another name.
//!
//! What lives here: a list of the characters that stand for themselves. What does not: what is made of the rest, for
//! which Unicode knows a second spelling, or may know one: combining marks, characters that are not shown, ligatures,
//! full-width letters, letters that fold to two (RFC 4518, section 2). Whatever is not on the list is of those, so that
//! a script that is not looked at, and a character of a Unicode to come, is not taken for certain.

/// None of these is composed of, folds or decomposes to others on the list (NFKC and case folding of Unicode 17; lower
/// case aside, which is compared without regard to). Their canonical decompositions need a combining mark, a jamo or a
/// compatibility character, which are not on it.
const ITSELF: [(char, char); 32] = [
    // White space, all of which is one space, and ASCII but for its controls.
    ('\t', '\r'),
    (' ', '~'),
    // Latin, without µ, ß, ŀ, ŉ, ſ and digraphs.
    ('À', 'Ö'),
    ('Ø', 'Þ'),
    ('à', 'ö'),
    ('ø', 'į'),
    ('ı', 'ı'),
    ('Ĵ', 'ľ'),
    ('Ł', 'ň'),
    ('Ŋ', 'ž'),
    ('Ơ', 'ơ'),
    ('Ư', 'ư'),
    ('Ș', 'ț'),
    ('Ḁ', 'ẕ'),
    ('Ạ', 'ỹ'),
    // Greek, without the final sigma.
    ('Ά', 'Ά'),
    ('Έ', 'Ί'),
    ('Ό', 'Ό'),
    ('Ύ', 'Ρ'),
    ('Σ', 'ρ'),
    ('σ', 'ώ'),
    // Cyrillic, Hebrew, Arabic.
    ('Ѐ', 'џ'),
    ('Ҋ', 'ӿ'),
    ('\u{5d0}', '\u{5ea}'),
    ('\u{621}', '\u{63a}'),
    ('\u{641}', '\u{64a}'),
    // Kana, Han, Hangul syllables.
    ('\u{3041}', '\u{3096}'),
    ('\u{30a1}', '\u{30fa}'),
    ('\u{30fc}', '\u{30fc}'),
    ('\u{3400}', '\u{4dbf}'),
    ('\u{4e00}', '\u{9fff}'),
    ('\u{ac00}', '\u{d7a3}'),
];

/// Whether the text has one spelling.
pub(crate) fn is_certain(text: &str) -> bool {
    let itself = |c: char| ITSELF.iter().any(|(first, last)| (*first..=*last).contains(&c));
    text.chars().all(itself)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_for_itself_is_certain() {
        for certain in [
            "",
            "Acme, Inc. 7",
            "Zürich",
            "Łódź",
            "Αθήνα",
            "Київ",
            "東京テスト",
            "서울",
            "Việt Nam",
        ] {
            assert!(is_certain(certain), "{certain}");
        }
        for (what, other) in [
            ("a combining mark", '\u{308}'),
            ("another block of them", '\u{1dc4}'),
            ("the voiced mark of kana", '\u{3099}'),
            ("a soft hyphen", '\u{ad}'),
            ("a zero-width space", '\u{200b}'),
            ("a joiner", '\u{2060}'),
            ("a variation selector", '\u{fe0f}'),
            ("a byte order mark", '\u{feff}'),
            ("a tag", '\u{e0041}'),
            ("a control", '\u{1}'),
            ("a space of another width", '\u{a0}'),
            ("a ligature", '\u{fb01}'),
            ("a digraph", '\u{133}'),
            ("a full-width letter", '\u{ff21}'),
            ("a half-width kana", '\u{ff76}'),
            ("the Ångström sign", '\u{212b}'),
            ("the Kelvin sign", '\u{212a}'),
            ("the micro sign", '\u{b5}'),
            ("a superscript", '\u{b2}'),
            ("the long s", '\u{17f}'),
            ("the sharp s", '\u{df}'),
            ("the final sigma", '\u{3c2}'),
            ("a dotted capital i", '\u{130}'),
            ("a jamo", '\u{1112}'),
            ("a radical", '\u{2f00}'),
            ("a compatibility ideograph", '\u{f900}'),
            ("a presentation form", '\u{fe8d}'),
            ("a mathematical letter", '\u{1d400}'),
        ] {
            assert!(!is_certain(&format!("Ac{other}me")), "{what}");
        }
    }
}
