//! Rules of `-r`, as `rcl` reads them: which name becomes which, for which node, and of the node
//! itself.

use serde::Serialize;

use crate::bus::is_name;

/// One rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// The node that it is for, by name; any without one.
    node: Option<String>,
    kind: Kind,
    to: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
enum Kind {
    /// Of the node's own name.
    Node,
    /// Of its namespace.
    Namespace,
    /// Of topics, services, or both, that are called so.
    Name { of: Of, from: String },
}

/// What a name is the name of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Of {
    /// A topic.
    Topic,
    /// A service.
    Service,
    /// Either.
    Both,
}

impl Rule {
    /// Of `from:=to`, `__node:=name` or `__ns:=/namespace`, each behind `node:` or not.
    ///
    /// # Errors
    /// What was found and what was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let unfit = |expected: &str| Err(format!("found {text:?}, expected {expected}"));
        let Some((left, to)) = text.split_once(":=") else {
            return unfit("from:=to");
        };
        let (node, from) = scope(left);
        let kind = match from {
            "__node" | "__name" if !is_name(to) => {
                return unfit("a node name of letters, digits and underscores");
            }
            "__node" | "__name" => Kind::Node,
            "__ns" if !is_namespace(to) => return unfit("a namespace such as /robot"),
            "__ns" => Kind::Namespace,
            _ => {
                let (of, from) = kind_of_name(from);
                if !is_resource(from) || !is_resource(to) {
                    return unfit("names such as /a/b, a/b or ~/a");
                }
                let from = from.to_owned();
                Kind::Name { of, from }
            }
        };
        Ok(Self {
            node: node.map(str::to_owned),
            kind,
            to: to.to_owned(),
        })
    }

    /// One that makes a topic of this name another, whatever node there is.
    pub fn of_topic(from: &str, to: &str) -> Self {
        Self {
            node: None,
            kind: Kind::Name {
                of: Of::Topic,
                from: from.to_owned(),
            },
            to: to.to_owned(),
        }
    }

    /// Whether it is for the node of this name.
    pub fn is_for(&self, node: &str) -> bool {
        self.node.as_deref().is_none_or(|its| its == node)
    }

    /// The node's new name, if it says one.
    pub fn node_name(&self) -> Option<&str> {
        (self.kind == Kind::Node).then_some(&*self.to)
    }

    /// The node's namespace, if it says one.
    pub fn namespace(&self) -> Option<&str> {
        (self.kind == Kind::Namespace).then_some(&*self.to)
    }

    /// From and to, if it is of names of this kind.
    pub fn names(&self, wanted: Of) -> Option<(&str, &str)> {
        match &self.kind {
            Kind::Name { of, from } if *of == Of::Both || *of == wanted => Some((from, &self.to)),
            _ => None,
        }
    }
}

/// The node in `node:name`, if there is one, and the name.
pub fn scope(name: &str) -> (Option<&str>, &str) {
    match name.split_once(':') {
        Some((node, name)) if is_name(node) && !name.starts_with("//") => (Some(node), name),
        _ => (None, name),
    }
}

fn kind_of_name(name: &str) -> (Of, &str) {
    if let Some(topic) = name.strip_prefix("rostopic://") {
        (Of::Topic, topic)
    } else if let Some(service) = name.strip_prefix("rosservice://") {
        (Of::Service, service)
    } else {
        (Of::Both, name)
    }
}

/// Whether it is `/`, or `/a/b`.
pub fn is_namespace(text: &str) -> bool {
    let path = text.strip_prefix('/');
    path.is_some_and(|path| path.is_empty() || path.split('/').all(is_name))
}

/// Whether it is `/a/b`, `a/b` or `~/a`.
fn is_resource(text: &str) -> bool {
    let path = text.strip_prefix("~/").or(text.strip_prefix('/'));
    path.unwrap_or(text).split('/').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_for_one_node_or_for_all() {
        let all = Rule::parse("~/a:=/b").unwrap();
        assert!(all.is_for("eyes") && all.is_for("ears"));
        let one = Rule::parse("eyes:a:=b/c").unwrap();
        assert!(one.is_for("eyes") && !one.is_for("ears"));
        assert_eq!(one.names(Of::Topic), Some(("a", "b/c")));
        let named = Rule::parse("eyes:__node:=ears").unwrap();
        assert_eq!((named.node_name(), named.namespace()), (Some("ears"), None));
        assert_eq!(
            Rule::parse("__ns:=/").unwrap().namespace(),
            Some("/"),
            "the root is a namespace"
        );
    }

    #[test]
    fn topics_and_services_have_rules_of_their_own() {
        let topic = Rule::parse("rostopic:///a:=/b").unwrap();
        assert_eq!(topic.names(Of::Topic), Some(("/a", "/b")));
        assert_eq!(topic.names(Of::Service), None);
        let service = Rule::parse("eyes:rosservice://~/a:=b").unwrap();
        assert_eq!(service.names(Of::Service), Some(("~/a", "b")));
        assert_eq!(service.names(Of::Topic), None);
        assert!(!service.is_for("ears"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for (text, expected) in [
            ("/a", "expected from:=to"),
            ("/a:=", "expected names"),
            (":=/a", "expected names"),
            ("/a//b:=/c", "expected names"),
            ("/a:=/1st", "expected names"),
            ("/a/*:=/b", "expected names"),
            ("__node:=a/b", "expected a node name"),
            ("__ns:=robot", "expected a namespace"),
            ("__ns:=/a/", "expected a namespace"),
        ] {
            let error = Rule::parse(text).unwrap_err();
            assert!(error.contains(text) && error.contains(expected), "{error}");
        }
    }
}
