//! Limits on the faults of an operation: of too many, neither the last one of its kind is left out, nor the last one
//! about a member or a parameter.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use failspec_pack::openapi::Operation;

use super::{
    body::Members,
    fault_kind::FaultKind,
    faults::Fault,
    generate::Generator,
    invalid_value::core,
    valid_request::{json_body, list_of},
};

/// Maximum number of scenarios for one operation, if it has not more kinds of faults, and members.
const MAX_PER_KIND: usize = 104;

/// Maximum number of scenarios for one operation up to which those are added whose requests most servers accept.
const MAX_TOLERATED: usize = 72;

/// Maximum number of such requests to an operation whose creations nothing removes: a run stops to create after three that stay.
const MAX_LASTING: usize = 1;

/// The number of those that any operation gets; a third of them in a large API, whose pack could not be read else.
const MIN_TOLERATED: usize = 40;

/// Number of operations from which on an API is large.
const LARGE_API: usize = 500;

/// A fault, as far as it decides what is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Candidate {
    /// Its kind.
    kind: String,
    /// The member of the body, or the parameter, that it is in.
    member: Option<String>,
    /// The smaller, the sooner it is kept.
    rank: (usize, usize, usize),
}

/// Returns the indices of the candidates that are kept: one of each kind, each in another member as far as possible, one in each
/// member that is not in `covered`, and what comes first of the others, until there are as many as there is room for.
fn kept(candidates: &[Candidate], room: usize, covered: &BTreeSet<String>) -> BTreeSet<usize> {
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|index| candidates[*index].rank);
    if candidates.len() <= room {
        return order.into_iter().collect();
    }
    let mut kept: BTreeSet<usize> = BTreeSet::new();
    let mut kinds: BTreeSet<&str> = BTreeSet::new();
    let mut members: BTreeSet<&str> = covered.iter().map(String::as_str).collect();
    for index in &order {
        let kind = candidates[*index].kind.as_str();
        if !kinds.insert(kind) {
            continue;
        }
        let mut same = order.iter().filter(|other| candidates[**other].kind == kind);
        let is_new = |other: &&usize| {
            candidates[**other].member.as_deref().is_some_and(|member| !members.contains(member))
        };
        let chosen = same.find(is_new).unwrap_or(index);
        kept.insert(*chosen);
        members.extend(candidates[*chosen].member.as_deref());
    }
    for index in &order {
        if candidates[*index].member.as_deref().is_some_and(|member| members.insert(member)) {
            kept.insert(*index);
        }
    }
    for index in order {
        if kept.len() >= room {
            break;
        }
        kept.insert(index);
    }
    kept
}

/// Returns the indices of those that are kept in a large API, where there is no room for all kinds in one operation: those of
/// `turn` come first, so that other operations are asked for the others.
fn kept_in_turn(candidates: &[Candidate], room: usize, turn: usize) -> BTreeSet<usize> {
    let kinds: BTreeSet<&str> = candidates.iter().map(|candidate| candidate.kind.as_str()).collect();
    let count = kinds.len().max(1);
    let places = kinds.into_iter().enumerate();
    let places: BTreeMap<&str, usize> =
        places.map(|(place, kind)| (kind, (place + count - turn * room % count) % count)).collect();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|index| candidates[*index].rank);
    let mut placed: Vec<((usize, usize), usize)> = Vec::new();
    for index in order {
        let kind = candidates[index].kind.as_str();
        let time = times.entry(kind).or_default();
        placed.push(((*time, places.get(kind).copied().unwrap_or_default()), index));
        *time += 1;
    }
    placed.sort_unstable();
    placed.into_iter().take(room).map(|(_, index)| index).collect()
}

/// Returns how many of which kinds there are, in words: `12 wrong type, 3 null`.
fn in_words<'k>(kinds: impl Iterator<Item = &'k str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for kind in kinds {
        *counts.entry(kind).or_default() += 1;
    }
    let mut words = String::new();
    for (kind, count) in counts {
        let separator = if words.is_empty() { "" } else { ", " };
        let _ = write!(words, "{separator}{count} {}", kind.replace('_', " "));
    }
    words
}

/// Returns the member of which a part of a body is: of several, the longest one, since names may contain the separator.
fn member_of<'m>(part: &'m str, members: &'m [String]) -> &'m str {
    let is_within = |member: &&String| {
        part.strip_prefix(member.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    };
    members.iter().filter(is_within).max_by_key(|member| member.len()).map_or(part, String::as_str)
}

impl Generator<'_> {
    /// Limits the requests of an operation that most servers accept, and whose creations nothing removes: of each one is left.
    pub(super) fn limit_lasting(&mut self, operation: &Operation, faults: &mut Vec<Fault>) {
        let mut room = MAX_LASTING;
        let mut takes_room = |fault: &mut Fault| {
            let is_over = fault.tolerated && room == 0;
            room -= usize::from(fault.tolerated && !is_over);
            is_over
        };
        let more: Vec<Fault> = faults.extract_if(.., |fault| takes_room(fault)).collect();
        if !more.is_empty() {
            let why = "what most servers accept is sent once where the thing that it creates stays";
            self.leave_out(why, operation, &in_words(more.iter().map(|fault| fault.kind.as_str())));
        }
    }

    /// Limits the faults of an operation, so that large bodies do not make large packs. Of what most servers refuse, what is deep
    /// within a body is left out first; of what most servers accept, one of each kind comes first.
    pub(super) fn limit(&mut self, operation: &Operation, faults: &mut Vec<Fault>) {
        let members = self.members_of_body(operation);
        let (mut tolerated, mut sure): (Vec<Fault>, Vec<Fault>) =
            std::mem::take(faults).into_iter().partition(|fault| fault.tolerated);
        let candidates = of_refused(&sure, &members);
        let room = MAX_PER_KIND - MIN_TOLERATED.min(tolerated.len());
        let chosen = kept(&candidates, room, &BTreeSet::new());
        let covered = chosen.iter().filter_map(|index| candidates[*index].member.clone()).collect();
        let mut left_out = cut(&mut sure, &chosen);
        let candidates = of_tolerated(&tolerated, &members);
        let chosen = match self.declared.api.operations.len() {
            ..LARGE_API => {
                let room = MAX_TOLERATED.saturating_sub(sure.len()).max(MIN_TOLERATED);
                kept(&candidates, room, &covered)
            }
            _ => kept_in_turn(&candidates, MIN_TOLERATED / 3, self.scenarios.len()),
        };
        left_out.extend(cut(&mut tolerated, &chosen));
        if !left_out.is_empty() {
            let what = in_words(left_out.iter().map(|fault| fault.kind.as_str()));
            self.leave_out("too many scenarios for one operation", operation, &what);
        }
        faults.extend(sure.into_iter().chain(tolerated));
    }

    /// Returns the names of the members that a body has, or each item of one that is a list.
    fn members_of_body(&self, operation: &Operation) -> Vec<String> {
        let Some(schema) = json_body(operation).and_then(|content| content.schema.as_ref()) else {
            return Vec::new();
        };
        let bundle = &self.declared.api.bundle;
        let items = list_of(core(bundle, schema));
        let members = Members::of(bundle, items.unwrap_or(schema), 0).properties;
        members.into_iter().map(|(name, _)| name).collect()
    }
}

/// Removes the faults that are not kept, and returns them.
fn cut(faults: &mut Vec<Fault>, kept: &BTreeSet<usize>) -> Vec<Fault> {
    let all = std::mem::take(faults).into_iter().enumerate();
    let (stay, go): (Vec<_>, Vec<_>) = all.partition(|(index, _)| kept.contains(index));
    faults.extend(stay.into_iter().map(|(_, fault)| fault));
    go.into_iter().map(|(_, fault)| fault).collect()
}

fn candidate(fault: &Fault, members: &[String], rank: (usize, usize, usize)) -> Candidate {
    let member = fault.part.as_deref().map(|part| member_of(part, members).to_owned());
    Candidate { kind: fault.kind.clone(), member, rank }
}

/// Ranks the faults that most servers refuse.
fn of_refused(faults: &[Fault], members: &[String]) -> Vec<Candidate> {
    let ranked = faults.iter().enumerate().map(|(index, fault)| {
        // What is no value of a schema is asked once, and comes first; what the document allows comes last.
        let is_value = matches!(fault.class, FaultKind::Invalid | FaultKind::InvalidPath);
        let class = 2 * usize::from(fault.class.is_allowed()) + usize::from(is_value);
        candidate(fault, members, (class, fault.depth, index))
    });
    ranked.collect()
}

/// Ranks the faults that most servers accept: one of each kind first, each in another part of the request, since a part that
/// refuses everything hides the rest.
fn of_tolerated(faults: &[Fault], members: &[String]) -> Vec<Candidate> {
    let mut kinds: Vec<(&str, Vec<usize>)> = Vec::new();
    for (index, fault) in faults.iter().enumerate() {
        match kinds.iter_mut().find(|(kind, _)| *kind == fault.kind) {
            Some((_, indices)) => indices.push(index),
            None => kinds.push((&fault.kind, vec![index])),
        }
    }
    let mut times = vec![0; faults.len()];
    for (number, (_, mut indices)) in kinds.into_iter().enumerate() {
        indices.sort_by_key(|index| faults[*index].depth);
        let depth = indices.first().map_or(0, |index| faults[*index].depth);
        let outer = indices.iter().take_while(|index| faults[**index].depth == depth).count();
        indices[..outer].rotate_left(number % outer.max(1));
        indices.into_iter().enumerate().for_each(|(time, index)| times[index] = time);
    }
    let ranked = faults.iter().zip(times).enumerate();
    ranked.map(|(index, (fault, time))| candidate(fault, members, (time, fault.depth, index))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates(of: &[(&str, &str, usize)]) -> Vec<Candidate> {
        let of = of.iter().enumerate();
        of.map(|(index, (kind, member, depth))| Candidate {
            kind: (*kind).to_owned(),
            member: Some((*member).to_owned()).filter(|member| !member.is_empty()),
            rank: (0, *depth, index),
        })
        .collect()
    }

    #[test]
    fn kept_has_one_of_each_kind_and_one_in_each_member() {
        // Name, what is there (kind, member, depth), room, and what is kept of it.
        type Row = (&'static str, &'static [(&'static str, &'static str, usize)], usize, &'static [usize]);
        let rows: [Row; 6] = [
            ("there is room", &[("type", "a", 0), ("type", "b", 0)], 2, &[0, 1]),
            ("the deepest goes first", &[("type", "a", 1), ("type", "a", 0), ("type", "a", 2)], 2, &[0, 1]),
            ("a kind that is only deep", &[("type", "a", 0), ("type", "a", 0), ("null", "a", 3)], 2, &[0, 2]),
            ("a member that comes last", &[("type", "a", 0), ("type", "a", 0), ("type", "b", 2)], 2, &[0, 2]),
            // Each kind in another member.
            (
                "few of many",
                &[("type", "a", 0), ("null", "a", 0), ("type", "b", 0), ("null", "b", 0), ("type", "", 0)],
                2,
                &[0, 3],
            ),
            // More kinds and members than there is room for.
            (
                "no room",
                &[("type", "a", 0), ("null", "a", 0), ("type", "b", 0), ("type", "b", 0)],
                1,
                &[0, 1, 2],
            ),
        ];
        for (name, of, room, expected) in rows {
            let kept = kept(&candidates(of), room, &BTreeSet::new());
            assert_eq!(kept.into_iter().collect::<Vec<_>>(), expected, "{name}");
        }
        // What is asked about a member elsewhere need not be asked again.
        let all = candidates(&[("type", "a", 0), ("type", "a", 0), ("type", "b", 2)]);
        let covered = BTreeSet::from(["b".to_owned()]);
        assert_eq!(kept(&all, 2, &covered).into_iter().collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn kept_of_sixty_members_with_many_kinds_misses_none() {
        let kinds: Vec<String> = (0..20).map(|kind| format!("kind{kind}")).collect();
        let mut all = Vec::new();
        for member in 0..60 {
            for (number, kind) in kinds.iter().enumerate() {
                // Some kinds are in few members alone.
                if number < 15 || member == 2 * number {
                    all.push(Candidate {
                        kind: kind.clone(),
                        member: Some(format!("member{member}")),
                        rank: (0, 0, all.len()),
                    });
                }
            }
        }
        for room in [10, 64, 104] {
            let kept = kept(&all, room, &BTreeSet::new());
            let of = |part: fn(&Candidate) -> &str| -> usize {
                kept.iter().map(|index| part(&all[*index])).collect::<BTreeSet<_>>().len()
            };
            assert_eq!(of(|it| &it.kind), 20, "{room}");
            assert_eq!(of(|it| it.member.as_deref().unwrap_or_default()), 60, "{room}");
            // Each kind is in another member, so there are no more than needed.
            assert_eq!(kept.len(), room.max(60), "{room}");
        }
    }

    #[test]
    fn kept_in_turn_asks_other_operations_for_other_kinds() {
        let all = candidates(&[
            ("a", "x", 0),
            ("a", "y", 0),
            ("b", "x", 0),
            ("c", "x", 0),
            ("d", "x", 0),
            ("e", "x", 0),
        ]);
        let mut asked: BTreeSet<&str> = BTreeSet::new();
        for turn in 0..5 {
            let kept = kept_in_turn(&all, 2, turn);
            assert_eq!(kept.len(), 2, "{turn}");
            asked.extend(kept.iter().map(|index| all[*index].kind.as_str()));
        }
        assert_eq!(asked, BTreeSet::from(["a", "b", "c", "d", "e"]));
        assert_eq!(kept_in_turn(&all, 9, 1).len(), all.len());
    }

    #[test]
    fn in_words_counts_kinds() {
        assert_eq!(in_words(["null", "wrong_type", "null"].into_iter()), "2 null, 1 wrong type");
    }

    #[test]
    fn member_of_is_the_outermost_member() {
        let members = ["a", "a_b", "address"].map(str::to_owned);
        for (part, expected) in [
            ("a", "a"),
            ("a_c", "a"),
            ("a_b_c", "a_b"),
            ("address_street_name", "address"),
            ("limit", "limit"),
        ] {
            assert_eq!(member_of(part, &members), expected, "{part}");
        }
    }
}
