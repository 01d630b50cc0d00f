/// page_assets.cc: the files of web/, as the assembler takes them in.
#include "api/page_assets.h"

#include <algorithm>
#include <array>
#include <cassert>

#include "api/encoding.h"
#include "mail/sha256.h"

asm(R"(
  .pushsection .rodata
maildrop_page_css: .incbin "api/web/page.css"
maildrop_page_css_end: .byte 0
maildrop_page_js: .incbin "api/web/page.js"
maildrop_page_js_end: .byte 0
maildrop_icon_svg: .incbin "api/web/icon.svg"
maildrop_icon_svg_end: .byte 0
  .popsection
)");
extern "C" const char maildrop_page_css[], maildrop_page_css_end[], maildrop_page_js[], maildrop_page_js_end[],
    maildrop_icon_svg[], maildrop_icon_svg_end[];

namespace maildrop::api {

namespace {

constexpr std::size_t kDigits = 12;  // of SHA-256: two versions of a file differ

Asset make(std::string_view name, std::string_view content_type, const char* begin, const char* end) {
  Asset asset{name, content_type, {}, std::string_view(begin, end - begin), {}};
  mail::Sha256 digest;
  digest.add(asset.bytes);
  const std::size_t dot = name.rfind('.');
  asset.path.append("/assets/").append(name.substr(0, dot)).append(".");
  asset.path.append(digest.hex().substr(0, kDigits)).append(name.substr(dot));
  asset.packed = gzip(asset.bytes);
  return asset;
}

const std::array<Asset, 3>& assets() {
  static const std::array<Asset, 3> all{
      make("page.css", "text/css; charset=utf-8", maildrop_page_css, maildrop_page_css_end),
      make("page.js", "text/javascript; charset=utf-8", maildrop_page_js, maildrop_page_js_end),
      make("icon.svg", "image/svg+xml", maildrop_icon_svg, maildrop_icon_svg_end)};
  return all;
}

}  // namespace

const Asset& asset(std::string_view name) {
  const auto& all = assets();
  const auto* found = std::find_if(all.begin(), all.end(), [name](const Asset& each) { return each.name == name; });
  assert(found != all.end());
  return *found;
}

const Asset* asset_at(std::string_view file) {
  const auto& all = assets();
  const auto* found = std::find_if(all.begin(), all.end(), [file](const Asset& each) {
    return std::string_view(each.path).substr(each.path.rfind('/') + 1) == file;
  });
  return found == all.end() ? nullptr : found;
}

}  // namespace maildrop::api
