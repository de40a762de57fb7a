//! The second judge: every path of a plan, each by the rules of RFC 5280, section 6, as plainly as they can be written.

use crate::dialect::{Dialect, Lists};
use crate::names::{Borne, Kind, SUBTREES, WITH_EMAIL};
use crate::plan::{Card, Flaw, KeyId, Mode, NOW, Plan, Purpose, Usage};
use crate::revocation;

/// What a path may not have.
pub type Verdict = Result<(), &'static str>;

/// Whether any path leads from the leaf to an anchor: all are tried.
pub fn find(plan: &Plan, dialect: &Dialect) -> Option<Vec<usize>> {
    let mut path = vec![0];
    extend(plan, dialect, &mut path).then_some(path)
}

fn extend(plan: &Plan, dialect: &Dialect, path: &mut Vec<usize>) -> bool {
    let child = path[path.len() - 1];
    for issuer in 1..plan.certificates.len() {
        if !signed(plan, child, issuer, dialect) || repeats(plan, path, issuer, dialect) {
            continue;
        }
        path.push(issuer);
        let found = if is_anchor(plan, issuer, dialect) {
            judge(plan, path, dialect).is_ok()
        } else {
            extend(plan, dialect, path)
        };
        if found {
            return true;
        }
        path.pop();
    }
    false
}

/// A certificate of the anchor, or one that is the same byte for byte.
fn is_anchor(plan: &Plan, at: usize, dialect: &Dialect) -> bool {
    plan.certificates.iter().any(|card| {
        let twin = Card {
            is_anchor: true,
            ..plan.certificates[at].clone()
        };
        *card == twin && anchor_is_fit(card, dialect).is_ok()
    })
}

fn signed(plan: &Plan, child: usize, issuer: usize, dialect: &Dialect) -> bool {
    let (child, issuer) = (&plan.certificates[child], &plan.certificates[issuer]);
    let nameless =
        dialect.nobody_needs_a_name && child.flaw == Flaw::EmptyIssuer && issuer.flaw == Flaw::EmptySubject;
    let named = issuer.is_issuer_of(child)
        && (!dialect.names_are_bytes || issuer.subject.odd_spelling == child.issuer.odd_spelling);
    (named || nameless) && child.signer == issuer.key && child.flaw != Flaw::Signature
}

/// A CA, which is a name and a key, stands on a path once.
fn repeats(plan: &Plan, path: &[usize], issuer: usize, dialect: &Dialect) -> bool {
    let above = &plan.certificates[issuer];
    let name = |card: &Card| (card.flaw != Flaw::EmptySubject).then_some(card.subject.which);
    let first = usize::from(!dialect.leaf_counts_as_a_repeat);
    let again = |at: &usize| {
        let other = &plan.certificates[*at];
        *at == issuer || (other.key == above.key && name(other) == name(above))
    };
    path.contains(&issuer) || path.iter().skip(first).any(again)
}

/// Judges a path, the leaf first and the anchor last.
pub fn judge(plan: &Plan, path: &[usize], dialect: &Dialect) -> Verdict {
    let cards: Vec<&Card> = path.iter().map(|at| &plan.certificates[*at]).collect();
    let [leaf, cas @ ..] = cards.as_slice() else {
        return Err("no path at all");
    };
    let Some((anchor, intermediates)) = cas.split_last() else {
        return Err("a path without an anchor");
    };
    if !is_anchor(plan, path[path.len() - 1], dialect) {
        return Err("it ends at no anchor");
    }
    for (at, pair) in path.windows(2).enumerate() {
        if !signed(plan, pair[0], pair[1], dialect) {
            return Err("a certificate was not issued by the next");
        }
        if repeats(plan, &path[..=at], pair[1], dialect) {
            return Err("a CA stands on it twice");
        }
    }
    search(plan, path, dialect)?;
    leaf_is_fit(leaf, dialect)?;
    for ca in intermediates {
        ca_is_fit(ca, false, dialect)?;
    }
    let judged = if dialect.anchors_are_names_and_keys {
        intermediates
    } else {
        cas
    };
    for card in judged.iter().chain([leaf]) {
        let over = NOW > card.not_after || (dialect.last_second_is_over && NOW == card.not_after);
        if NOW < card.not_before || over {
            return Err("a certificate is not valid now");
        }
    }
    anchor_is_fit(anchor, dialect)?;
    lengths(plan, judged, dialect)?;
    if dialect
        .most_intermediates
        .is_some_and(|most| intermediates.len() > most)
    {
        return Err("too many intermediates");
    }
    if leaf
        .purposes
        .is_some_and(|purposes| !purposes.contains(&Purpose::Client))
    {
        return Err("the leaf is for something else");
    }
    for ca in judged {
        let covers = |purposes: &[Purpose]| {
            purposes.contains(&Purpose::Client)
                || (purposes.contains(&Purpose::Any) && !dialect.any_purpose_is_none)
        };
        if ca.purposes.is_some_and(|purposes| !covers(purposes)) {
            return Err("a CA issues for something else");
        }
    }
    for at in 1..cards.len() {
        names(&cards[..at], cards[at], dialect)?;
    }
    let mut cards = cards;
    if dialect.anchors_are_asked_about && plan.mode != Mode::Off {
        let top = cards[cards.len() - 1];
        if !top.is_self_issued() || top.signer != top.key {
            return Err("nobody is asked about the anchor");
        }
        cards.push(top);
    }
    match dialect.lists {
        Lists::Ours => revocation::ours(plan, &cards),
        Lists::AnyOne => revocation::any_one(plan, &cards),
        Lists::Plain => revocation::plain(plan, &cards),
    }
}

/// What a search that does not try everything would not find.
fn search(plan: &Plan, path: &[usize], dialect: &Dialect) -> Verdict {
    for at in &path[..path.len() - 1] {
        let child = &plan.certificates[*at];
        let candidates = plan.certificates.iter().filter(|card| card.is_issuer_of(child));
        if dialect.first_candidate_decides && candidates.count() > 1 {
            return Err("more than one certificate bears an issuer's name");
        }
        if dialect.self_issued_is_self_signed && child.is_self_issued() {
            return Err("a certificate bears its issuer's name");
        }
    }
    Ok(())
}

fn anchor_is_fit(card: &Card, dialect: &Dialect) -> Verdict {
    if dialect.anchors_are_names_and_keys
        || (dialect.anchor_algorithms_are_free && card.flaw == Flaw::AlgorithmsDisagree)
    {
        return Ok(());
    }
    ca_is_fit(card, card.is_self_issued(), dialect)
}

/// Whether we would take it for one.
pub fn is_fit_anchor(card: &Card) -> bool {
    anchor_is_fit(card, &Dialect::default()).is_ok()
}

fn ca_is_fit(card: &Card, may_be_number_zero: bool, dialect: &Dialect) -> Verdict {
    form_is_fit(card, may_be_number_zero, dialect)?;
    if card.flaw == Flaw::EmptySubject && !dialect.nobody_needs_a_name {
        return Err("a CA without a name");
    }
    let by_usage = card.basic.is_none() && card.usage.is_some_and(|usage| usage.cert_sign);
    if !card.is_ca() && !(dialect.cert_sign_makes_a_ca && by_usage) {
        return Err("no CA");
    }
    if card.usage.is_some_and(|usage| !usage.cert_sign) && !dialect.issuers_need_no_cert_sign {
        return Err("a CA without keyCertSign");
    }
    Ok(())
}

fn leaf_is_fit(card: &Card, dialect: &Dialect) -> Verdict {
    form_is_fit(card, false, dialect)?;
    if card.is_ca() && !dialect.leaf_may_be_a_ca {
        return Err("the leaf is a CA");
    }
    if card.usage.is_some_and(|usage| usage.cert_sign) && !dialect.leaf_may_sign {
        return Err("the leaf has keyCertSign");
    }
    if card.has_constraints() && !dialect.constraints_are_read_late {
        return Err("the leaf constrains names");
    }
    let is_named = !card.alternatives.is_empty() && card.alternatives_critical;
    if card.flaw == Flaw::EmptySubject && !is_named && !dialect.nobody_needs_a_name {
        return Err("the leaf is nobody");
    }
    Ok(())
}

fn form_is_fit(card: &Card, may_be_number_zero: bool, dialect: &Dialect) -> Verdict {
    let says_nothing = |usage: Usage| !(usage.digital_signature || usage.cert_sign || usage.crl_sign);
    if dialect.usages_name_something && card.usage.is_some_and(says_nothing) {
        return Err("a key usage without a bit");
    }
    let refused = match card.flaw {
        Flaw::None | Flaw::UnknownNotCritical | Flaw::Signature | Flaw::EmptySubject => false,
        Flaw::SerialZero => !may_be_number_zero && !dialect.any_serial,
        Flaw::SerialLong | Flaw::SerialNegative => !dialect.any_serial,
        Flaw::KeyIdCritical => card.subject_key_id != KeyId::Absent && !dialect.any_criticality,
        Flaw::PolicyConstraintsNotCritical => !dialect.any_criticality,
        Flaw::EmptyIssuer => !dialect.nobody_needs_a_name,
        Flaw::MalformedConstraints => !dialect.constraints_are_read_late,
        Flaw::Version1 => !dialect.any_version,
        Flaw::PolicyConstraintsCritical => !dialect.policies_are_processed,
        Flaw::UnknownCritical | Flaw::ExtensionTwice | Flaw::AlgorithmsDisagree | Flaw::NoPurpose => true,
    };
    if refused {
        Err("a certificate has a flaw")
    } else {
        Ok(())
    }
}

fn lengths(plan: &Plan, cas: &[&Card], dialect: &Dialect) -> Verdict {
    for (at, ca) in cas.iter().enumerate() {
        let counts = |below: &&&Card| dialect.self_issued_are_ordinary || !below.is_self_issued();
        let below = cas[..at].iter().filter(counts).count();
        let own = ca
            .basic
            .and_then(|(_, length)| length)
            .map_or(usize::MAX, usize::from);
        if below > own || below > plan.depth {
            return Err("the path is too long");
        }
    }
    Ok(())
}

fn names(below: &[&Card], ca: &Card, dialect: &Dialect) -> Verdict {
    let is_host = |tree: &usize| matches!(SUBTREES[*tree].0, Kind::Dns | Kind::Ip);
    let only_hosts = ca.permitted.iter().chain(&ca.excluded).all(is_host);
    if dialect.only_hosts_are_compared && !only_hosts {
        return Err("constraints of a kind that is not compared");
    }
    for (at, card) in below.iter().enumerate() {
        if at > 0 && card.is_self_issued() && !dialect.self_issued_are_ordinary {
            continue;
        }
        for name in borne(card, dialect) {
            let of_kind = |tree: &&usize| SUBTREES[**tree].0 == name.kind();
            if ca.excluded.iter().filter(of_kind).any(|tree| name.touches(*tree)) {
                return Err("a name is excluded");
            }
            let mut permitted = ca.permitted.iter().filter(of_kind).peekable();
            if permitted.peek().is_some() && !permitted.any(|tree| name.lies_in(*tree)) {
                return Err("a name is not permitted");
            }
        }
    }
    Ok(())
}

fn borne(card: &Card, dialect: &Dialect) -> Vec<Borne> {
    let mut names: Vec<Borne> = card
        .alternatives
        .iter()
        .map(|which| Borne::Alternative(*which))
        .collect();
    if card.flaw != Flaw::EmptySubject {
        names.push(Borne::Subject(card.subject.which));
        if card.subject.which == WITH_EMAIL && !dialect.subject_emails_are_free {
            names.push(Borne::SubjectEmail);
        }
    }
    names
}
