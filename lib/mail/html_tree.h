/// html_tree.h: the tree that Gumbo makes of HTML, in bounded memory and time. Inside html.cc and sanitise.cc only.
#pragma once

#include <gumbo.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <string_view>

#include "core/result.h"

namespace maildrop::mail {

/// A parsed page. Its nodes, and all text in them, live as long as this and as the HTML that was parsed.
class HtmlTree {
 public:
  /// over_limit when the tree takes more than `memory` bytes, or more than `time`.
  static Result<HtmlTree> parse(std::string_view html, std::size_t memory, std::chrono::milliseconds time);
  HtmlTree(HtmlTree&&) noexcept;
  HtmlTree& operator=(HtmlTree&&) noexcept;
  ~HtmlTree();

  const GumboNode& root() const { return *output_->root; }
  const GumboDocument& document() const { return output_->document->v.document; }

 private:
  class Arena;
  explicit HtmlTree(std::unique_ptr<Arena> arena);

  std::unique_ptr<Arena> arena_;
  const GumboOutput* output_ = nullptr;
};

/// The element's child at `index`; nullptr behind the last one, and for what has none.
inline const GumboNode* child(const GumboNode& node, std::size_t index) {
  if (node.type != GUMBO_NODE_ELEMENT) return nullptr;
  const GumboVector& children = node.v.element.children;
  return index < children.length ? static_cast<const GumboNode*>(children.data[index]) : nullptr;
}

/// The attribute's value; empty where there is none.
inline std::string_view attribute(const GumboElement& element, const char* name) {
  const GumboAttribute* found = gumbo_get_attribute(&element.attributes, name);
  return found == nullptr ? std::string_view() : std::string_view(found->value);
}

/// Down, right, and up by the nodes' own links: a tree of strangers may be deeper than any stack. `visitor` has
///   bool enter(const GumboNode&)   true when the children are to be walked
///   void leave(const GumboNode&)   after them; of each node that was entered, unless it is full before
///   bool is_full() const           ends the walk
template <class Visitor>
void walk(const GumboNode& root, Visitor& visitor) {
  const GumboNode* node = &root;
  while (!visitor.is_full()) {
    const GumboNode* next = visitor.enter(*node) ? child(*node, 0) : nullptr;
    while (next == nullptr) {
      visitor.leave(*node);
      if (node == &root) return;
      const GumboNode* parent = node->parent;
      next = child(*parent, node->index_within_parent + 1);
      if (next == nullptr) node = parent;
    }
    node = next;
  }
}

}  // namespace maildrop::mail
