/// answer.h: what is asked of the DNS, and what it says.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/net.h"
#include "core/result.h"

namespace maildrop::dns {

inline constexpr std::size_t kLongestName = 253;  // of a name in text form, without the final dot: RFC 1035 2.3.4

/// The types that are asked for. Values: RFC 1035 3.2.2, RFC 3596 2.1.
enum class Type : std::uint16_t { a = 1, ns = 2, cname = 5, ptr = 12, mx = 15, txt = 16, aaaa = 28 };
std::string_view name_of(Type type);                    // `MX`
std::optional<Type> parse_type(std::string_view text);  // in any case

/// A name in text form: lower case, without the final dot, at most kLongestName bytes in labels of 1 to 63 (RFC
/// 1035 2.3.4), of printable ASCII without backslash. The root is empty.
struct Question {
  std::string name;
  Type type = Type::a;

  ///   invalid   not such a name; one beyond ASCII must be in its A-label form (RFC 5890)
  static Result<Question> make(std::string_view name, Type type);
  /// The name of an address: `1.2.0.192.in-addr.arpa`, or in a list of addresses (RFC 5782 2.1) `1.2.0.192.` and its
  /// `zone`; of IPv6 by nibbles.
  static Result<Question> reverse(const IpAddress& address, Type type, std::string_view zone = {});
  friend auto operator<=>(const Question&, const Question&) = default;
};

/// found, no_data (the name is there, without such records) and no_name are what the DNS says. failed: its servers say
/// nothing of use. timed_out: not within dns.timeout. refused: too many questions at once (dns.lookups).
enum class Status : std::uint8_t { found, no_data, no_name, failed, timed_out, refused };
std::string_view name_of(Status status);  // `found`
bool is_known(Status status);             // one of the first three

/// cache: known before. stale: of records that have expired, since servers do not answer (dns.stale).
enum class Source : std::uint8_t { servers, cache, stale };
std::string_view name_of(Source source);
inline constexpr std::size_t kStatuses = 6, kSources = 3;

/// One record, by its type. Names are as in a Question, but for bytes that may not be in one, which are `\DDD`: so they
/// never equal the name of a question, and are safe to show.
struct Record {
  IpAddress address{};      // A, AAAA
  unsigned preference = 0;  // MX; the least comes first
  std::string text{};       // NS, CNAME, PTR, MX: a name. TXT: bytes, its strings joined
  friend auto operator<=>(const Record&, const Record&) = default;
  /// `192.0.2.1`, `10 mx.example.com`, a name, or the text in quotes, escaped as in master files (RFC 1035 5.1).
  std::string to_string(Type type) const;
};

struct Answer {
  static constexpr std::size_t kMostRecords = 100;  // what is beyond is left out

  Status status = Status::failed;
  std::vector<Record> records{};  // in an order of their own, which is always the same
  std::chrono::seconds ttl{0};    // how long it may be used; 0 also where nothing says so
  Source source = Source::servers;
  std::optional<std::chrono::seconds> age{};  // how long ago servers said it; nothing where that is not known
};

}  // namespace maildrop::dns
