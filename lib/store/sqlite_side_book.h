/// sqlite_side_book.h: a side file (sqlite_side_file.h) that is opened when it is first used, again when that failed,
/// and again when another process has put it aside.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "store/backends.h"
#include "store/sqlite_side_file.h"

namespace maildrop::store::sqlite {

/// How a process means to use it.
FileUse use_of(const OpenOptions& options);
/// Where it is. invalid: no path in the URL; a folder that is not there yet is the store's to make.
Result<std::string> path_beside(const OpenOptions& options, const SideFile& kind);

/// `Book` is an open one: it has `static Result<Book> open(path, use)` and `has_moved()`. Not thread-safe.
template <class Book>
class SideBook {
 public:
  SideBook(const SideFile& kind, std::string path, FileUse use) : kind_(kind), path_(std::move(path)), use_(use) {}

  /// What `work` comes to with the file, and where that is damaged and ours to make, with a new one.
  template <class Work>
  auto run(Work work) -> decltype(work(std::declval<Book&>())) {
    auto result = try_once(work);
    if (use_ == FileUse::read) book_.reset();  // what it has open is as of now, and in the way of who leaves last
    if (result || use_ != FileUse::make || !is_damage(result.error())) return result;
    book_.reset();
    TRY(put_aside(kind_, path_, seen_, result.error()));
    return try_once(work);
  }

 private:
  static constexpr std::chrono::seconds kPause{1};  // after the file could not be opened

  template <class Work>
  auto try_once(Work& work) -> decltype(work(std::declval<Book&>())) {
    if (book_ && book_->has_moved()) book_.reset();  // another process has put it aside
    if (!book_) TRY(open());
    return work(*book_);
  }

  /// Once in a while: a folder that is not there costs one look in a second.
  Result<void> open() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_try_) return tl::unexpected(failed_);
    seen_ = identity_of(path_);
    Result<Book> book = Book::open(path_, use_);
    if (!book) {
      failed_ = {book.error().code,
                 std::string("cannot open ") + kind_.name + " '" + path_ + "': " + book.error().what};
      if (!is_damage(failed_)) next_try_ = now + kPause;
      return tl::unexpected(failed_);
    }
    seen_ = identity_of(path_);
    book_ = std::move(*book);
    return {};
  }

  const SideFile& kind_;
  const std::string path_;
  const FileUse use_;
  std::optional<Book> book_;
  Identity seen_;  // of the file that was opened last
  Error failed_;
  std::chrono::steady_clock::time_point next_try_{};
};

}  // namespace maildrop::store::sqlite
