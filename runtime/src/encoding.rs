//! Text as people's machines write it: with a byte order mark before it, or not in UTF-8 at all.

/// What puts text into an encoding other than UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotUtf8 {
    /// Two bytes for each character.
    #[error("it is UTF-16, as some editors and PowerShell write it; save it as UTF-8")]
    Utf16,
    /// Most likely: all of it would be text in GBK.
    #[error("it is not UTF-8 but probably GBK, as Chinese Windows writes it; save it as UTF-8")]
    Gbk,
    /// Something else.
    #[error("it is not text in UTF-8")]
    Other,
}

/// The text that these bytes are in UTF-8, without the byte order mark that may stand before it.
///
/// # Errors
/// They are no UTF-8; the error names what they probably are.
pub fn utf8(bytes: &[u8]) -> Result<&str, NotUtf8> {
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) || has_empty_halves(bytes);
    if is_utf16 {
        return Err(NotUtf8::Utf16);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(_) if is_gbk(bytes) => Err(NotUtf8::Gbk),
        Err(_) => Err(NotUtf8::Other),
    }
}

/// Whether this is ASCII in UTF-16 without a mark: `{\0\"\0` or `\0{\0\"`. No text in UTF-8 that is read here has zeros.
fn has_empty_halves(bytes: &[u8]) -> bool {
    matches!(bytes, [0, high, 0, also, ..] | [high, 0, also, 0, ..] if *high != 0 && *also != 0)
}

/// Whether all bytes above ASCII come in pairs as GBK has them.
fn is_gbk(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return true,
            [..=0x7f, after @ ..] => after,
            [0x81..=0xfe, 0x40..=0x7e | 0x80..=0xfe, after @ ..] => after,
            _ => return false,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_byte_order_mark_is_not_part_of_the_text() {
        assert_eq!(utf8("\u{feff}{}".as_bytes()), Ok("{}"));
        assert_eq!(utf8("\u{feff}\u{feff}".as_bytes()), Ok("\u{feff}"));
        assert_eq!(utf8("中文".as_bytes()), Ok("中文"));
        assert_eq!(utf8(b""), Ok(""));
    }

    #[test]
    fn what_is_no_utf8_is_named_as_what_it_probably_is() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        assert_eq!(utf8(&utf16("\u{feff}{}")), Err(NotUtf8::Utf16));
        assert_eq!(utf8(&utf16("{\"a\":1}")), Err(NotUtf8::Utf16));
        // `{"Name":"` and two characters in GBK.
        assert_eq!(utf8(b"{\"Name\":\"\xd6\xd0\xce\xc4\"}"), Err(NotUtf8::Gbk));
        assert_eq!(utf8(b"\"\xff\xff\""), Err(NotUtf8::Other));
        assert_eq!(utf8(b"\"\x80"), Err(NotUtf8::Other));
    }
}
