/// place_kit.h: small databases of where addresses are, for tests.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/net.h"

namespace maildrop::filter::test {

/// A file that goes when the test does.
class PlaceFile {
 public:
  explicit PlaceFile(std::string_view name, std::string_view bytes = {})
      : path_((std::filesystem::temp_directory_path() / ("maildrop-" + std::to_string(::getpid()) + "-")).string() +
              std::string(name)) {
    write(bytes);
  }
  PlaceFile(const PlaceFile&) = delete;
  PlaceFile& operator=(const PlaceFile&) = delete;
  ~PlaceFile() { std::filesystem::remove(path_); }

  /// As it is to be done: a new file in place of the old.
  void write(std::string_view bytes) const {
    std::ofstream(path_ + ".new", std::ios::binary) << bytes;
    std::filesystem::rename(path_ + ".new", path_);
  }
  std::string bytes() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// Writes MaxMind's format (maxmind.github.io/MaxMind-DB): a tree of 32-bit records for IPv6, with IPv4 in ::/96.
class Mmdb {
 public:
  static std::string text(std::string_view text) { return head(2, text.size()) + std::string(text); }
  static std::string number(std::uint32_t number) { return head(6, 4) + big(number); }
  static std::string boolean(bool value) { return extended(14, value ? 1 : 0); }
  using Fields = std::vector<std::pair<std::string, std::string>>;
  static std::string map(const Fields& fields) {
    std::string out = head(7, fields.size());
    for (const auto& [name, value] : fields) out += text(name) + value;
    return out;
  }

  /// `bits` of the family.
  void put(std::string_view address, unsigned bits, const std::string& value) {
    const IpAddress parsed = *IpAddress::parse(address);
    auto bytes = parsed.bytes();
    if (parsed.is_v4()) bytes[10] = bytes[11] = 0;
    std::size_t node = 0;
    const unsigned all = parsed.is_v4() ? 96 + bits : bits;
    for (unsigned i = 0; i < all; ++i) {
      const unsigned bit = bytes[i / 8] >> (7 - i % 8) & 1u;
      if (i + 1 == all) {
        nodes_[node][bit] = {Kind::data, data_.size()};
      } else {
        if (nodes_[node][bit].first != Kind::node) {
          nodes_[node][bit] = {Kind::node, nodes_.size()};
          nodes_.push_back({});
        }
        node = nodes_[node][bit].second;
      }
    }
    data_ += value;
  }

  // The library takes no file that was made at 0.
  std::string bytes(std::uint64_t made = 1) const {
    std::string out;
    for (const auto& node : nodes_)
      for (const auto& [kind, at] : node) out += big(record(kind, at));
    return out + std::string(16, '\0') + data_ + "\xab\xcd\xefMaxMind.com" + metadata(made);
  }

 private:
  enum class Kind { none, node, data };
  using Child = std::pair<Kind, std::size_t>;

  std::uint32_t record(Kind kind, std::size_t at) const {
    const std::size_t all = nodes_.size();
    return static_cast<std::uint32_t>(kind == Kind::none ? all : kind == Kind::node ? at : all + 16 + at);
  }
  std::string metadata(std::uint64_t made) const {
    std::string epoch =
        extended(9, 8) + big(static_cast<std::uint32_t>(made >> 32)) + big(static_cast<std::uint32_t>(made));
    return map({{"node_count", number(static_cast<std::uint32_t>(nodes_.size()))},
                {"record_size", number16(32)},
                {"ip_version", number16(6)},
                {"database_type", text("test")},
                {"languages", extended(11, 0)},
                {"binary_format_major_version", number16(2)},
                {"binary_format_minor_version", number16(0)},
                {"build_epoch", std::move(epoch)},
                {"description", map({})}});
  }

  static std::string head(unsigned type, std::size_t size) {  // up to 284 bytes
    const auto control = static_cast<char>(type << 5 | (size < 29 ? size : 29));
    return size < 29 ? std::string{control} : std::string{control, static_cast<char>(size - 29)};
  }
  static std::string extended(unsigned type, std::size_t size) {
    return {static_cast<char>(size), static_cast<char>(type - 7)};
  }
  static std::string number16(unsigned number) {
    return head(5, 2) + std::string{static_cast<char>(number >> 8), static_cast<char>(number)};
  }
  static std::string big(std::uint32_t number) {
    std::string out;
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
    return out;
  }

  std::vector<std::array<Child, 2>> nodes_{1};
  std::string data_;
};

}  // namespace maildrop::filter::test
