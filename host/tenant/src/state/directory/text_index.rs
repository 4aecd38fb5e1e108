//! Finds texts by any part of them, without reading them all.

use std::borrow::Cow;
use std::collections::HashMap;

/// The longest sequence of characters that is looked up whole. Of a longer query, the rarest such sequence gives the
/// candidates.
const LONGEST_GRAM: usize = 3;
/// Parts the spellings of one text, so that no match runs from one into the next.
const BETWEEN_SPELLINGS: char = '\n';

/// Texts, numbered in the order in which they came, each with the positions of the sequences in it.
#[derive(Debug, Default)]
pub(super) struct TextIndex {
    texts: Vec<Box<str>>,
    postings: HashMap<Box<str>, Vec<usize>>,
}

impl TextIndex {
    /// Takes in the next text, which is found by a part of any of its spellings.
    pub(super) fn add<'a>(&mut self, spellings: impl IntoIterator<Item = &'a str>) {
        let position = self.texts.len();
        let spellings: Vec<String> = spellings.into_iter().map(str::to_lowercase).collect();
        for spelling in &spellings {
            for gram in grams(spelling) {
                match self.postings.get_mut(gram) {
                    Some(posting) if posting.last() == Some(&position) => (),
                    Some(posting) => posting.push(position),
                    None => {
                        self.postings.insert(gram.into(), vec![position]);
                    }
                }
            }
        }
        self.texts.push(spellings.join(&BETWEEN_SPELLINGS.to_string()).into());
    }

    /// The numbers of the texts that contain `query`, lowest first, whatever the case of the letters.
    pub(super) fn find(&self, query: &str) -> Cow<'_, [usize]> {
        let query = query.to_lowercase();
        let posting = |gram: &str| self.postings.get(gram).map_or(&[] as &[usize], Vec::as_slice);
        if query.chars().count() <= LONGEST_GRAM {
            return Cow::Borrowed(posting(&query));
        }
        let longest = grams(&query).filter(|gram| gram.chars().count() == LONGEST_GRAM);
        let rarest = longest.map(posting).min_by_key(|posting| posting.len()).unwrap_or_default();
        let contains = |position: &&usize| self.texts.get(**position).is_some_and(|text| text.contains(&query));
        Cow::Owned(rarest.iter().filter(contains).copied().collect())
    }
}

/// Every sequence of one to [`LONGEST_GRAM`] characters.
fn grams(text: &str) -> impl Iterator<Item = &str> {
    text.char_indices().flat_map(move |(start, _)| {
        let rest = text.get(start..).unwrap_or_default();
        let ends = rest.char_indices().map(|(index, character)| index + character.len_utf8());
        ends.take(LONGEST_GRAM).filter_map(|end| rest.get(..end))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index() -> TextIndex {
        let mut index = TextIndex::default();
        index.add(["王伟", "wangwei"]);
        index.add(["王晓伟", "wangxiaowei"]);
        index.add(["Ann Wang"]);
        index
    }

    #[test]
    fn a_part_of_any_length_finds_the_texts_that_contain_it() {
        let index = index();

        for (query, expected) in [
            ("王", vec![0, 1]),
            ("王伟", vec![0]),
            ("WANG", vec![0, 1, 2]),
            ("wangx", vec![1]),
            ("xiaowei", vec![1]),
            ("ann wang", vec![2]),
            ("wangy", vec![]),
            ("李", vec![]),
        ] {
            assert_eq!(*index.find(query), expected, "{query}");
        }
    }

    #[test]
    fn no_match_runs_from_one_spelling_into_the_next() {
        let index = index();

        assert!(index.find("伟\nw").is_empty());
        assert!(index.find("王伟\nwang").is_empty());
    }
}
