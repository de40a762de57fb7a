//! Skipping a step of the road does not compile; each case differs from a compiling twin in one expression.
//!
//! `compile-pass/whole-road.rs` is the twin of every `without-…`, `compile-pass/presented.rs` of `presented-by-hand`,
//! `compile-pass/rehearsal.rs` of `rehearsal`, `compile-pass/fresh-once.rs` of `fresh-twice`.

#![allow(missing_docs)]

#[test]
fn a_step_that_is_skipped_does_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile-pass/*.rs");
    cases.compile_fail("tests/compile-fail/*.rs");
}
