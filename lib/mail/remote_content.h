/// remote_content.h: what a page of a stranger would have its reader's browser ask for. Inside sanitise.cc only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "mail/html_tree.h"

namespace maildrop::mail {

/// Gathers addresses elsewhere that are loaded without anybody's doing: of images, sheets, frames, refreshes. Each
/// once, the first `most`, fit to be shown.
class RemoteContent {
 public:
  explicit RemoteContent(std::size_t most) : most_(most) {}

  void see(const GumboElement& element);
  void see_sheet(std::string_view css);

  std::vector<std::string> take() { return std::move(addresses_); }

 private:
  void see_candidates(std::string_view srcset);
  void see_refresh(std::string_view content);
  void add(std::string&& address);

  std::size_t most_;
  std::vector<std::string> addresses_{};
  std::unordered_set<std::string> known_{};
};

/// An image that is there to be asked for, and not to be seen: of one point, or hidden.
bool is_pixel(const GumboElement& image);

}  // namespace maildrop::mail
