//! "Did you mean": the nearest known name, for messages about names that do not exist.

/// `; did you mean 'Transform'?`, or nothing when no candidate is near enough to be a typing mistake.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> String {
    match nearest(name, candidates) {
        Some(candidate) => format!("; did you mean '{candidate}'?"),
        None => String::new(),
    }
}

/// `a, b, c`, cut after a dozen so that a message stays a line.
pub(crate) fn one_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 12;
    let mut names = names.into_iter();
    let mut text = names.by_ref().take(SHOWN).collect::<Vec<_>>().join(", ");
    let left = names.count();
    if left > 0 {
        text.push_str(&format!(" and {left} more"));
    }
    text
}

/// The candidate with the fewest edits, if a third of the name's letters or fewer have to change.
fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let limit = (wanted.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (distance(&wanted, &candidate.to_lowercase()), candidate))
        .filter(|(edits, _)| *edits <= limit)
        // By name among equals, so that the answer does not depend on a hash map's order.
        .min()
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swapped neighbours.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut two_back: Vec<usize> = Vec::new();
    let mut back: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let substitution = back[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = substitution.min(back[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(two_back[j - 2] + 1);
            }
        }
        two_back = std::mem::replace(&mut back, row);
    }
    back[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_mistakes_are_recognised() {
        let known = ["Transform", "GlobalTransform", "Name", "Visibility"];
        assert_eq!(did_you_mean("Transfrom", known), "; did you mean 'Transform'?");
        assert_eq!(did_you_mean("transform", known), "; did you mean 'Transform'?");
        assert_eq!(did_you_mean("Nmae", known), "; did you mean 'Name'?");
        assert_eq!(did_you_mean("Velocity", known), "");
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..15).map(|n| n.to_string()).collect();
        let text = one_of(names.iter().map(String::as_str));
        assert!(text.ends_with("11 and 3 more"), "{text}");
    }
}
