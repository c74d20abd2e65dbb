//! How much is kept of texts that others made up.

/// Most bytes of a text that the producer or the function made up; what is longer is cut.
pub(super) const MAX_TEXT_BYTES: usize = 1024;

/// Shortens a text to what is kept of it. The memory goes too, since an attempt may wait for the disk.
pub(super) fn cut(text: &mut String) {
    if text.len() > MAX_TEXT_BYTES {
        text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
        text.shrink_to_fit();
    }
}
