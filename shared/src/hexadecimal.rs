//! Bytes in hexadecimal digits, lower case.

/// Two digits for each byte.
///
/// ```
/// assert_eq!(shared::hexadecimal::write(&[0x0f, 0xa0]), "0fa0");
/// ```
pub fn write(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|&byte| digits(byte)).map(char::from).collect()
}

/// The bytes that [`write()`] wrote; None of any other text.
///
/// ```
/// assert_eq!(shared::hexadecimal::read("0fa0"), Some(vec![0x0f, 0xa0]));
/// assert_eq!(shared::hexadecimal::read("0fa"), None);
/// assert_eq!(shared::hexadecimal::read("+f"), None);
/// ```
pub fn read(text: &str) -> Option<Vec<u8>> {
    let value = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks() else { return None };
    pairs.iter().map(|&[high, low]| Some(value(high)? << 4 | value(low)?)).collect()
}

/// Those of one byte.
pub(crate) fn digits(byte: u8) -> [u8; 2] {
    [byte >> 4, byte & 15].map(|digit| if digit < 10 { b'0' + digit } else { b'a' + digit - 10 })
}
