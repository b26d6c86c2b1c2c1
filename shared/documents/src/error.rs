//! Why a document can't be read, and what to do about it.

/// Said to whoever has the document, so each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("it is larger than {mb} MB: cut it into several files, or save its pictures smaller")]
    TooLarge { mb: usize },
    #[error(
        "it unpacks to more than {mb} MB, which no document needs: save it again with the program \
         that made it"
    )]
    Unpacked { mb: usize },
    #[error("it has more than {at_most} pages: cut it into several files")]
    Pages { at_most: u32 },
    #[error("it was not read within {seconds} seconds: save it as text, or cut it into parts")]
    TooLong { seconds: u64 },
    #[error("it is more than its reader can take: save it again, or as text")]
    TooMuch,
    #[error("it opens only with a password: save it without one")]
    Locked,
    #[error(
        "it has pictures of text and no text: run it through text recognition (OCR), or export it \
         from the program that wrote it"
    )]
    Pictures,
    #[error("it is no {0} that can be read: open it and save it again")]
    Broken(&'static str),
    #[error("it is {what}, whatever its name says: {advice}")]
    Other { what: String, advice: String },
}
