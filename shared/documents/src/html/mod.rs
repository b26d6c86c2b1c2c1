//! Pages: what they are about, and none of what stands around it.

mod content;
mod encoding;
mod faq;
mod inline;
mod render;
mod tree;

pub use encoding::decode;

use crate::apart::Deadline;
use crate::{Block, Error};

pub(crate) fn read(bytes: &[u8], until: Deadline) -> Result<Vec<Block>, Error> {
    blocks(&decode(bytes, None), until)
}

fn blocks(text: &str, until: Deadline) -> Result<Vec<Block>, Error> {
    let tree = tree::parse(text, until);
    until.check()?;
    let main = content::main(&tree);
    let mut blocks = render::blocks(&tree, main, content::Around::Left);
    if blocks.is_empty() {
        // All of it stands where other pages have only what is around.
        blocks = render::blocks(&tree, tree.root(), content::Around::Kept);
    }
    let marked = faq::marked(&tree, until);
    faq::add(&mut blocks, marked);
    Ok(blocks)
}

#[cfg(test)]
mod tests;
