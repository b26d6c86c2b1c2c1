//! A page as a tree, in one list of nodes.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::{StrTendril, TendrilSink as _};
use html5ever::tree_builder::TreeBuilderOpts;
use html5ever::{Attribute, ExpandedName, ParseOpts, QualName, local_name, ns, parse_document};

use crate::Error;
use crate::apart::{Deadline, stop};

/// A page of a megabyte has some ten thousand.
const NODES_MAX: usize = 500_000;
/// Between two looks at the clock.
const STEPS: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Node {
    parent: Option<usize>,
    children: Vec<usize>,
    pub(super) data: Data,
}

#[derive(Debug, Default)]
pub(super) enum Data {
    /// The page itself, a comment, what a template holds.
    #[default]
    Other,
    Text(String),
    Element {
        name: String,
        attributes: Vec<(String, String)>,
    },
}

#[derive(Debug)]
pub(super) struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    pub(super) fn root(&self) -> usize {
        0
    }

    pub(super) fn node(&self, at: usize) -> &Data {
        &self.nodes[at].data
    }

    pub(super) fn children(&self, at: usize) -> &[usize] {
        &self.nodes[at].children
    }

    /// An element's name, in small letters.
    pub(super) fn name(&self, at: usize) -> Option<&str> {
        match self.node(at) {
            Data::Element { name, .. } => Some(name),
            _ => None,
        }
    }

    pub(super) fn attribute(&self, at: usize, name: &str) -> Option<&str> {
        match self.node(at) {
            Data::Element { attributes, .. } => {
                attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
            }
            _ => None,
        }
    }

    /// It and all that is in it, in the order of the page.
    pub(super) fn within(&self, at: usize) -> impl Iterator<Item = usize> {
        let mut next = vec![at];
        std::iter::from_fn(move || {
            let at = next.pop()?;
            next.extend(self.children(at).iter().rev());
            Some(at)
        })
    }

    /// All text in it, as it stands.
    pub(super) fn text(&self, at: usize) -> String {
        self.within(at)
            .filter_map(|at| match self.node(at) {
                Data::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }
}

/// Never fails: a browser shows something for whatever it is given. Stops what is too much.
pub(super) fn parse(text: &str, until: Deadline) -> Tree {
    let sink = Sink {
        nodes: RefCell::new(vec![Node::default()]),
        steps: Cell::new(0),
        until,
        nameless: Rc::new(QualName::new(None, ns!(), local_name!(""))),
    };
    let options = ParseOpts {
        // What stands in noscript is seen by nobody who has scripts.
        tree_builder: TreeBuilderOpts { scripting_enabled: true, ..TreeBuilderOpts::default() },
        ..ParseOpts::default()
    };
    parse_document(sink, options).one(StrTendril::from(text))
}

struct Sink {
    nodes: RefCell<Vec<Node>>,
    steps: Cell<usize>,
    until: Deadline,
    nameless: Rc<QualName>,
}

#[derive(Clone)]
struct Handle {
    at: usize,
    name: Rc<QualName>,
}

impl Sink {
    fn add(&self, data: Data) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        if nodes.len() >= NODES_MAX {
            stop(Error::TooMuch);
        }
        nodes.push(Node { data, ..Node::default() });
        nodes.len() - 1
    }

    fn other(&self) -> Handle {
        Handle { at: self.add(Data::Other), name: Rc::clone(&self.nameless) }
    }

    /// Elements that are closed in the wrong order are moved about, again and again.
    fn step(&self) {
        self.steps.set(self.steps.get() + 1);
        if self.steps.get().is_multiple_of(STEPS) && self.until.has_passed() {
            stop(self.until.error());
        }
    }

    /// Puts it among the children of a node, before one of them or at the end.
    fn insert(&self, parent: usize, before: Option<usize>, child: NodeOrText<Handle>) {
        self.step();
        let place = |nodes: &[Node]| {
            let children = &nodes[parent].children;
            before
                .and_then(|before| children.iter().position(|one| *one == before))
                .unwrap_or(children.len())
        };
        match child {
            NodeOrText::AppendText(text) => {
                let previous = {
                    let nodes = self.nodes.borrow();
                    let place = place(&nodes);
                    place.checked_sub(1).map(|place| nodes[parent].children[place])
                };
                let mut nodes = self.nodes.borrow_mut();
                if let Some(Data::Text(open)) = previous.map(|at| &mut nodes[at].data) {
                    open.push_str(&text);
                    return;
                }
                drop(nodes);
                let at = self.add(Data::Text(text.to_string()));
                let mut nodes = self.nodes.borrow_mut();
                let place = place(&nodes);
                nodes[at].parent = Some(parent);
                nodes[parent].children.insert(place, at);
            }
            NodeOrText::AppendNode(child) => {
                self.detach(child.at);
                let mut nodes = self.nodes.borrow_mut();
                let place = place(&nodes);
                nodes[child.at].parent = Some(parent);
                nodes[parent].children.insert(place, child.at);
            }
        }
    }

    fn detach(&self, at: usize) {
        let mut nodes = self.nodes.borrow_mut();
        if let Some(parent) = nodes[at].parent.take() {
            nodes[parent].children.retain(|child| *child != at);
        }
    }
}

impl TreeSink for Sink {
    type Handle = Handle;
    type Output = Tree;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> Tree {
        Tree { nodes: self.nodes.into_inner() }
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        Handle { at: 0, name: Rc::clone(&self.nameless) }
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        target.name.expanded()
    }

    fn create_element(&self, name: QualName, given: Vec<Attribute>, _: ElementFlags) -> Handle {
        self.step();
        let attributes = given
            .into_iter()
            .map(|one| (one.name.local.to_string(), one.value.to_string()))
            .collect();
        let at = self.add(Data::Element { name: name.local.to_string(), attributes });
        Handle { at, name: Rc::new(name) }
    }

    fn create_comment(&self, _text: StrTendril) -> Handle {
        self.other()
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> Handle {
        self.other()
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.insert(parent.at, None, child);
    }

    fn append_based_on_parent_node(
        &self,
        element: &Handle,
        previous: &Handle,
        child: NodeOrText<Handle>,
    ) {
        let parent = self.nodes.borrow()[element.at].parent;
        match parent {
            Some(parent) => self.insert(parent, Some(element.at), child),
            None => self.insert(previous.at, None, child),
        }
    }

    fn append_doctype_to_document(&self, _: StrTendril, _: StrTendril, _: StrTendril) {}

    fn get_template_contents(&self, _target: &Handle) -> Handle {
        // Hangs on nothing, as nobody sees it.
        self.other()
    }

    fn same_node(&self, one: &Handle, other: &Handle) -> bool {
        one.at == other.at
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &Handle, node: NodeOrText<Handle>) {
        let parent = self.nodes.borrow()[sibling.at].parent;
        if let Some(parent) = parent {
            self.insert(parent, Some(sibling.at), node);
        }
    }

    fn add_attrs_if_missing(&self, _target: &Handle, _attributes: Vec<Attribute>) {}

    fn remove_from_parent(&self, target: &Handle) {
        self.step();
        self.detach(target.at);
    }

    fn reparent_children(&self, node: &Handle, parent: &Handle) {
        self.step();
        let mut nodes = self.nodes.borrow_mut();
        let children = std::mem::take(&mut nodes[node.at].children);
        for child in &children {
            nodes[*child].parent = Some(parent.at);
        }
        nodes[parent.at].children.extend(children);
    }
}
