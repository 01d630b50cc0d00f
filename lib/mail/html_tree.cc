/// html_tree.cc: Gumbo in an arena.
///
/// Gumbo by itself is a bomb: 48 KB of `<div>` take 768 MiB (a copy of the open elements for each error) and 488 KB
/// take half a minute. So errors are not kept, and an allocator of ours gives up when memory or time is used up, by
/// throwing through Gumbo's frames; all memory goes with the arena, so nothing leaks.
#include "mail/html_tree.h"

#include <algorithm>
#include <vector>

namespace maildrop::mail {

namespace {
struct Spent {};
}  // namespace

class HtmlTree::Arena {
 public:
  Arena(std::size_t memory, std::chrono::milliseconds time)
      : left_(memory), deadline_(std::chrono::steady_clock::now() + time) {}

  void* take(std::size_t size) {
    if (size > left_) throw Spent{};
    size = (size + 15) & ~std::size_t{15};
    if (++calls_ % 256 == 0 && std::chrono::steady_clock::now() > deadline_) throw Spent{};
    if (size > room_) {
      const std::size_t block = std::max(size, kBlock);
      if (block > left_) throw Spent{};
      left_ -= block;
      blocks_.push_back(std::make_unique_for_overwrite<char[]>(block));
      next_ = blocks_.back().get();
      room_ = block;
    }
    char* const taken = next_;
    next_ += size;
    room_ -= size;
    return taken;
  }

 private:
  static constexpr std::size_t kBlock = 64 * 1024;
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t room_ = 0;
  std::size_t left_;
  std::size_t calls_ = 0;
  std::chrono::steady_clock::time_point deadline_;
};

HtmlTree::HtmlTree(std::unique_ptr<Arena> arena) : arena_(std::move(arena)) {}
HtmlTree::HtmlTree(HtmlTree&&) noexcept = default;
HtmlTree& HtmlTree::operator=(HtmlTree&&) noexcept = default;
HtmlTree::~HtmlTree() = default;

Result<HtmlTree> HtmlTree::parse(std::string_view html, std::size_t memory, std::chrono::milliseconds time) {
  HtmlTree tree(std::make_unique<Arena>(memory, time));
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  options.userdata = tree.arena_.get();
  options.allocator = [](void* arena, std::size_t size) { return static_cast<Arena*>(arena)->take(size); };
  options.deallocator = [](void*, void*) {};
  try {
    tree.output_ = gumbo_parse_with_options(&options, html.data(), html.size());
  } catch (const Spent&) {
    return fail(Code::over_limit, "HTML takes too much memory or time to parse");
  }
  return tree;
}

}  // namespace maildrop::mail
