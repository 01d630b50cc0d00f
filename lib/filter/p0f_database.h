/// p0f_database.h: which system opens connections with such a packet, by a database in the form of p0f 3 (p0f.fp).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "filter/filter.h"
#include "filter/tcp_signature.h"

namespace maildrop::filter {

/// One line `sig`, `ver:ittl:olen:mss:wsize,scale:olayout:quirks:pclass`. Nothing: anything will do.
struct P0fPattern {
  /// What the number of the window is: itself, or what it is a multiple of.
  enum class Window { any, bytes, of_mss, of_mtu, of_number };

  std::optional<unsigned> version{};
  unsigned ttl = 0;
  bool any_ttl_below = false;  // `64-`
  unsigned ip_options = 0;
  std::optional<unsigned> mss{};
  Window window = Window::any;
  unsigned window_number = 0;  // of_mss, of_mtu: how often; of_number: of which
  std::optional<unsigned> scale{};
  std::string layout{};
  std::uint32_t quirks = 0;
  std::optional<bool> payload{};

  /// invalid: what is wrong.
  static Result<P0fPattern> parse(std::string_view text);

  /// nearly: but for what routers do on the way, or a TTL that nobody begins with.
  enum class Fit { no, nearly, fully };
  Fit fit(const TcpSignature& signature) const;
};

/// The section [tcp:request] of a file. Thread-safe, once it is made.
class P0fDatabase {
 public:
  static constexpr std::size_t kMostBytes = 1u << 20;  // of a file; Debian's has 36 KB
  static constexpr std::size_t kMostPatterns = 5000;   // Debian's has 91 of requests, and each packet meets all
  static constexpr std::size_t kLongestName = 100;     // bytes
  static constexpr std::size_t kMostProblems = 20;     // that are told

  /// Lines that are wrong are left out; `problems` names them: `line 7: ...`.
  static P0fDatabase parse(std::string_view text, std::vector<std::string>& problems);
  /// The same of a file.
  ///   not_found    it is not there
  ///   unavailable  it cannot be read
  ///   over_limit   it is larger than kMostBytes
  static Result<P0fDatabase> open(const std::string& path, std::vector<std::string>& problems);

  struct Match {
    std::string_view system;  // `Linux 3.11 and newer`; there as long as the database
    bool nearly = false;
  };
  /// The first that fits fully, one of a certain system before one of many; else the first that nearly does.
  std::optional<Match> find(const TcpSignature& signature) const;

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::string system;
    bool generic;
    P0fPattern pattern;
  };
  class Parser;
  std::vector<Entry> entries_;
};

/// That of Debian's package p0f.
inline constexpr std::string_view kUsualP0fFile = "/etc/p0f/p0f.fp";

/// The file that is named; none is: the usual one, if it is there, or nothing. `problems` has the lines that are wrong,
/// and why the usual one cannot be used: who has not named it need not have it.
/// Fails as P0fDatabase::open() of a file that is named.
Result<P0fDatabase> open_p0f_file(const std::string& named, std::vector<FileProblem>& problems,
                                  const std::string& usual = std::string(kUsualP0fFile));

}  // namespace maildrop::filter
