//! The right name nearest to a misspelt one.

/// The known name that is most likely meant, when one is near enough to be worth proposing.
pub fn nearest<'known>(wrong: &str, known: impl IntoIterator<Item = &'known str>) -> Option<&'known str> {
    const NEAR_ENOUGH: f64 = 0.7;
    // Comparing takes time by the product of the lengths, and no name that is meant to be read is longer.
    const LONGEST: usize = 100;
    if wrong.len() > LONGEST {
        return None;
    }
    let wrong = wrong.to_lowercase();
    known
        .into_iter()
        .filter(|name| name.len() <= LONGEST)
        .map(|name| (strsim::normalized_damerau_levenshtein(&wrong, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= NEAR_ENOUGH)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_proposed_and_a_far_one_is_not() {
        let known = ["UserIds", "MsgType", "Content"];
        assert_eq!(nearest("userid", known), Some("UserIds"));
        assert_eq!(nearest("MessageType", known), None);
        assert_eq!(nearest("contnet", known), Some("Content"));
        assert_eq!(nearest("x", known), None);
    }
}
