/// charsets.cc: the only file that includes iconv. It sees no name but those of charset_names.
#include "mail/charsets.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/text.h"
#include "core/utf8.h"
#include "mail/charset_names.h"

namespace maildrop::mail {
namespace {

constexpr std::string_view kFallback = "WINDOWS-1252";
// These need no converter.
constexpr std::string_view kUtf8 = "UTF-8";
constexpr std::string_view kAscii = "US-ASCII";

}  // namespace

class Charsets::Converter {
 public:
  explicit Converter(std::string_view name) : name_(name), handle_(iconv_open("UTF-8", std::string(name).c_str())) {}
  ~Converter() {
    if (is_open()) iconv_close(handle_);
  }
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  std::string_view name() const { return name_; }
  bool is_open() const { return handle_ != kClosed(); }

  /// What cannot be converted becomes U+FFFD, byte by byte.
  std::string convert(std::string_view bytes) {
    std::string out;
    std::array<char, 8192> buffer;
    char* in = const_cast<char*>(bytes.data());
    std::size_t left = bytes.size();
    while (left > 0) {
      const std::size_t before = left;
      const bool stuck = step(&in, &left, buffer, out);
      if (!stuck && left < before) continue;
      out += kReplacement;
      if (left == 0 || left > before) break;  // some converters are stuck behind the end
      ++in;
      --left;
    }
    step(nullptr, nullptr, buffer, out);
    return out;
  }

 private:
  static iconv_t kClosed() { return reinterpret_cast<iconv_t>(-1); }  // NOLINT: iconv's own convention

  /// One round; true when the input at its place is not of this charset.
  bool step(char** in, std::size_t* left, std::array<char, 8192>& buffer, std::string& out) {
    char* to = buffer.data();
    std::size_t room = buffer.size();
    const std::size_t status = iconv(handle_, in, left, &to, &room);
    out.append(buffer.data(), buffer.size() - room);
    return status == static_cast<std::size_t>(-1) && errno != E2BIG;
  }

  std::string_view name_;
  iconv_t handle_;
};

Charsets::Charsets() = default;
Charsets::~Charsets() = default;

Charsets::Converter* Charsets::find(std::string_view name) {
  if (name.empty()) return nullptr;
  const auto kept =
      std::find_if(converters_.begin(), converters_.end(), [name](const auto& each) { return each->name() == name; });
  // What we fall back to has a place of its own.
  if (kept == converters_.end() && converters_.size() >= kMost && (name != kFallback || converters_.size() > kMost))
    return nullptr;
  Converter& converter =
      kept == converters_.end() ? *converters_.emplace_back(std::make_unique<Converter>(name)) : **kept;
  return converter.is_open() ? &converter : nullptr;
}

std::string_view Charsets::known(std::string_view charset) {
  const std::string_view name = iconv_name(charset);
  return name == kUtf8 || name == kAscii || find(name) != nullptr ? name : std::string_view();
}

std::string decode_charset(std::string_view bytes, std::string_view charset, std::size_t max) {
  Charsets charsets;
  return decode_charset(bytes, charset, max, charsets);
}

std::string decode_charset(std::string_view bytes, std::string_view charset, std::size_t max, Charsets& charsets) {
  bytes = utf8_prefix(bytes, max);
  const std::string_view name = iconv_name(charset);
  if (name == kUtf8) return valid_utf8(bytes);
  if (name != kAscii) {
    if (Charsets::Converter* converter = charsets.find(name)) return valid_utf8(converter->convert(bytes));
  }
  if (is_valid_utf8(bytes)) return std::string(bytes);
  Charsets::Converter* fallback = charsets.find(kFallback);
  return valid_utf8(fallback == nullptr ? std::string(bytes) : fallback->convert(bytes));
}

}  // namespace maildrop::mail
