//! What lists and answers make of a path, by `docs/revocation.md`, and how other verifiers are bounded.

use crate::judge::{Verdict, is_fit_anchor};
use crate::plan::{Answer, Card, Flaw, KeyId, List, Mode, NOW, Plan, Reasons, Status};

/// What one source says of one certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Revoked,
    Good,
    /// There is nothing at all.
    Missing,
    /// There is something, and it does not settle it.
    Unsettled,
}

/// Every certificate but the anchor's is asked about, of all sources that the policy names.
pub fn ours(plan: &Plan, path: &[&Card]) -> Verdict {
    if plan.mode == Mode::Off {
        return Ok(());
    }
    for (at, card) in path.iter().enumerate().take(path.len() - 1) {
        let above = &path[at + 1..];
        let mut said = Vec::new();
        if plan.asks_lists {
            said.push(lists(plan, card, above));
        }
        if plan.asks_answers {
            said.push(answer(plan, card, above[0]));
        }
        let passes = plan.mode == Mode::Prefer && said.iter().all(|said| *said == Said::Missing);
        if said.contains(&Said::Revoked) {
            return Err("a certificate is revoked");
        }
        if !said.contains(&Said::Good) && !passes {
            return Err("a certificate may be revoked");
        }
    }
    Ok(())
}

fn answer(plan: &Plan, card: &Card, issuer: &Card) -> Said {
    let about = |answer: &&Answer| {
        answer.issuer_key == issuer.key
            && answer.issuer.matches(issuer.subject)
            && is_number(card, answer.serial)
    };
    match plan.answers.iter().find(about) {
        None => Said::Missing,
        Some(answer) => match answer.status {
            Status::Revoked => Said::Revoked,
            Status::Good if is_fresh(plan, answer.this_update, answer.next_update) => Said::Good,
            Status::Good | Status::Unknown => Said::Unsettled,
        },
    }
}

/// Certificates with odd numbers are refused before anybody asks.
fn is_number(card: &Card, serial: u8) -> bool {
    let odd = matches!(
        card.flaw,
        Flaw::SerialZero | Flaw::SerialLong | Flaw::SerialNegative
    );
    !odd && card.serial == serial
}

fn names(list: &List, card: &Card) -> bool {
    (0..8).any(|bit: u8| list.revoked & 1 << bit != 0 && is_number(card, bit + 1))
}

fn is_fresh(plan: &Plan, this_update: i64, next_update: i64) -> bool {
    this_update <= NOW && NOW <= next_update + plan.staleness
}

fn lists(plan: &Plan, card: &Card, above: &[&Card]) -> Said {
    let mut unsettled = false;
    // Of each half of the reasons, whether a fresh list covers it.
    let mut covered = [false; 2];
    for list in &plan.lists {
        if !list.issuer.matches(card.issuer) || !is_brought_in(plan, list) {
            continue;
        }
        match signature(plan, list, above) {
            Said::Good => {}
            Said::Unsettled => {
                unsettled = true;
                continue;
            }
            _ => continue,
        }
        if names(list, card) {
            return Said::Revoked;
        }
        let covers = coverage(list, card);
        let counts = !list.is_delta && !list.superseded && is_fresh(plan, list.this_update, list.next_update);
        if !counts || covers == [false; 2] {
            unsettled = true;
        } else {
            covered = [covered[0] || covers[0], covered[1] || covers[1]];
        }
    }
    match covered {
        [true, true] => Said::Good,
        [false, false] if !unsettled => Said::Missing,
        _ => Said::Unsettled,
    }
}

/// Whether the list may be used at all, and is nobody else's beside the certificates it is brought in with.
fn is_brought_in(plan: &Plan, list: &List) -> bool {
    if !list.has_number || list.next_update < list.this_update {
        return false;
    }
    let namesakes = plan
        .certificates
        .iter()
        .filter(|card| plan.beside && card.flaw != Flaw::EmptySubject && card.subject.matches(list.issuer));
    let mut objections = 0;
    for card in namesakes {
        if !may_sign_lists(card) {
            objections += 1;
        } else if made(list, card) {
            return true;
        } else if asks_for(list, card) {
            objections += 1;
        }
    }
    objections == 0
}

fn may_sign_lists(card: &Card) -> bool {
    card.usage.is_none_or(|usage| usage.crl_sign)
}

fn made(list: &List, card: &Card) -> bool {
    list.signer == card.key && !list.bad_signature
}

/// Key identifiers that differ say that another key signed.
fn asks_for(list: &List, card: &Card) -> bool {
    match (list.key_id, card.subject_key_id) {
        (KeyId::Absent, _) | (_, KeyId::Absent) => true,
        (KeyId::Right, KeyId::Right) => list.signer == card.key,
        (list, card) => list == card,
    }
}

/// Good: a CA of the issuer's name signed it, and may: one above, or one of the anchor's while it is valid. A list that
/// was seen to be somebody's when it was brought in is nobody else's.
fn signature(plan: &Plan, list: &List, above: &[&Card]) -> Said {
    let seen = plan.certificates.iter().filter(|card| is_seen(plan, list, card));
    let seen: Vec<usize> = seen.map(|card| card.key).collect();
    let anchors = plan.certificates.iter().filter(|card| {
        card.is_anchor && is_fit_anchor(card) && above.iter().all(|other| other.key != card.key)
    });
    let on_path = above.iter().map(|ca| (*ca, true));
    let mut said = Said::Missing;
    for (ca, is_on_path) in on_path.chain(anchors.map(|ca| (ca, false))) {
        let is_its_own = seen.contains(&ca.key);
        let is_named = ca.flaw != Flaw::EmptySubject && ca.subject.matches(list.issuer);
        if !is_named || (!is_its_own && (!seen.is_empty() || !asks_for(list, ca))) {
            continue;
        }
        let may = may_sign_lists(ca);
        let is_valid = is_on_path || (ca.not_before <= NOW && NOW <= ca.not_after);
        if may && is_valid && (is_its_own || made(list, ca)) {
            return Said::Good;
        }
        // Of an anchor's that may not sign lists nobody expects any.
        if may || is_on_path {
            said = Said::Unsettled;
        }
    }
    said
}

/// Whether the certificate's key was found to have signed the list when it was brought in.
fn is_seen(plan: &Plan, list: &List, card: &Card) -> bool {
    plan.beside
        && card.flaw != Flaw::EmptySubject
        && card.subject.matches(list.issuer)
        && may_sign_lists(card)
        && made(list, card)
}

fn halves(reasons: Reasons) -> [bool; 2] {
    match reasons {
        Reasons::All => [true, true],
        Reasons::Some => [true, false],
        Reasons::Others => [false, true],
    }
}

fn coverage(list: &List, card: &Card) -> [bool; 2] {
    if (list.only_users && card.is_ca()) || (list.only_cas && !card.is_ca()) {
        return [false, false];
    }
    let of_list = halves(list.reasons);
    match (list.address, card.point) {
        (None, _) => of_list,
        (Some(address), Some(point)) if point.address == address => {
            let of_point = halves(point.reasons);
            [of_list[0] && of_point[0], of_list[1] && of_point[1]]
        }
        _ => [false, false],
    }
}

/// Whether any one list could be the one that another verifier lets decide: of the issuer's name and key, not over,
/// and without the certificate.
pub fn any_one(plan: &Plan, path: &[&Card]) -> Verdict {
    if plan.mode == Mode::Off {
        return Ok(());
    }
    for pair in path.windows(2) {
        let (card, issuer) = (pair[0], pair[1]);
        let decides = |list: &List| {
            list.issuer.matches(card.issuer)
                && made(list, issuer)
                && list.next_update >= NOW
                && !list.is_delta
                && list.reasons == Reasons::All
                && !names(list, card)
        };
        if !plan.lists.iter().any(decides) {
            return Err("no list could have let it pass");
        }
    }
    Ok(())
}

/// Ours, where in addition every list of the issuer is one that nobody could take for anything else.
pub fn plain(plan: &Plan, path: &[&Card]) -> Verdict {
    ours(plan, path)?;
    if plan.mode == Mode::Off {
        return Ok(());
    }
    for pair in path.windows(2) {
        let (card, issuer) = (pair[0], pair[1]);
        let is_plain = |list: &&List| {
            list.issuer == card.issuer
                && made(list, issuer)
                && may_sign_lists(issuer)
                && list.has_number
                && !list.is_delta
                && !list.superseded
                && !list.only_users
                && !list.only_cas
                && list.address.is_none()
                && list.reasons == Reasons::All
                && list.key_id != KeyId::Wrong
                && list.this_update <= NOW
                && list.next_update > NOW
        };
        let of_issuer = |list: &&List| list.issuer.matches(card.issuer);
        if !plan.lists.iter().filter(of_issuer).all(|list| is_plain(&list)) {
            return Err("a list that is not plain");
        }
    }
    Ok(())
}
