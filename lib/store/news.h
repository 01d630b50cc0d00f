/// news.h: which inboxes changed. By marks of 32 bits: two inboxes may have the same one, and somebody looks in vain.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace maildrop::store {

using NewsMark = std::uint32_t;
/// FNV-1a of its name; a SQLite store keeps them.
NewsMark news_mark(std::string_view inbox);

/// What changed between two looks. true without cause at times, never false with one.
class News {
 public:
  static constexpr std::size_t kMost = 256;  // marks; beyond, it is news of all

  bool empty() const { return !of_all_ && marks_.empty(); }
  /// More changed than is told one by one, or it is not known what did: marks() is nothing then.
  bool of_all() const { return of_all_; }
  const std::vector<NewsMark>& marks() const { return marks_; }

  void add(NewsMark mark);
  void add_all();

 private:
  bool of_all_ = false;
  std::vector<NewsMark> marks_;
};

/// A count of all changes ever, and of the last ones whose they were: what those who read go by. Each looks when he
/// likes, and nobody keeps account of him.
class Changes {
 public:
  static constexpr std::size_t kKept = News::kMost;  // in SQLite 1 KB, written with each commit

  Changes() = default;
  /// As they were kept. What is no list of marks is none.
  Changes(std::uint64_t count, std::string_view marks);

  void add(std::string_view inbox);
  std::uint64_t count() const { return count_; }
  /// Four bytes each, the low one first; the last change is the last one.
  const std::string& marks() const { return marks_; }
  /// Since there were `count` of them; of a count that never was, all.
  News since(std::uint64_t count) const;

  friend bool operator==(const Changes& a, const Changes& b) { return a.count_ == b.count_; }

 private:
  std::uint64_t count_ = 0;
  std::string marks_;
};

}  // namespace maildrop::store
