/// page_assets.h: what the pages refer to, compiled in: a sheet, a script, an icon.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace maildrop::api {

struct Asset {
  std::string_view name;  // `page.css`
  std::string_view content_type;
  std::string path;  // `/assets/page.1a2b3c4d5e6f.css`: with its digest, so that it may be kept for ever
  std::string_view bytes;
  std::optional<std::string> packed;  // by gzip, where that is smaller
};

/// REQUIRES: there is one of that name.
const Asset& asset(std::string_view name);
/// By the last segment of its path; nullptr for another one.
const Asset* asset_at(std::string_view file);

}  // namespace maildrop::api
