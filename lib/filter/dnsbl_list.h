/// dnsbl_list.h: lists of addresses and of domains in the DNS (RFC 5782), as an operator names them, and what their
/// answers mean.
///
///   ELEMENT = ZONE [ "/" CODES ] [ "=" SCORE ]
///   CODES   = PART "." PART "." PART "." PART        of an answer: 127.0.0.2, 127.0.0.2-11, 127.0.*.3
///   PART    = NUMBER | NUMBER "-" NUMBER | "*"        0 to 255
///           | "&" NUMBER                              1 to 255: one of these bits is set
///   SCORE   = a number from -100 to 100; 3, of domains 2, where nothing is said. Below 0: a list of good ones
///
/// Elements with the same zone are one list, which is asked once; what an address or a domain scores there is the sum
/// of the elements that one of its answers matches. An element without codes matches any answer but 127.0.0.1, which is
/// what some resolvers put in the place of other answers.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/net.h"
#include "core/result.h"
#include "dns/answer.h"

namespace maildrop::filter {

class DnsblList {
 public:
  static constexpr std::size_t kMostLists = 40;      // each has three questions: Facts::kMostQuestions
  static constexpr std::size_t kMostElements = 200;  // of all lists
  static constexpr std::size_t kLongestZone = 180;   // bytes; an IPv6 address before it has 64, a name at most 253

  enum class Of : unsigned char { addresses, names };
  /// invalid: which element is wrong, and why.
  static Result<std::vector<DnsblList>> parse(const std::vector<std::string>& elements, Of of = Of::addresses);

  const std::string& zone() const { return zone_; }  // lower case, without a final dot
  /// For others than the operator: some lists have their customers' keys in the zone, so labels of more than 20 bytes
  /// are left out.
  const std::string& shown() const { return shown_; }

  /// What is asked of it. RFC 5782 5: a list that works has `listed`, and has not `unlisted`, which is another address.
  struct Questions {
    dns::Question client;
    dns::Question listed;
    dns::Question unlisted;
  };
  Questions questions_for(const IpAddress& client) const;

  enum class State : unsigned char { works, fails_test, refuses, silent };
  /// `does not answer`.
  static std::string_view shown(State state);
  /// What it says of a client, by the answers to these questions.
  struct Said {
    State state = State::works;
    std::vector<IpAddress> codes{};  // that elements match; empty: not listed
    double score = 0;
    std::string shown_codes() const;  // ` 127.0.0.2 127.0.0.4`: the first four
  };
  Said said_by(const dns::Answer& client, const dns::Answer& listed, const dns::Answer& unlisted) const;

  // --- of names, whose tests are not those of the thing that is asked about ---

  /// Of a domain; invalid: it is too long for this zone.
  Result<dns::Question> question_for(std::string_view name) const;
  /// Of an address that stands in the place of a domain.
  dns::Question question_for(const IpAddress& address) const;
  /// RFC 5782 5: `TEST` is listed, and `INVALID` is not. Many lists have 127.0.0.2 in place of the first, as those of
  /// addresses do: one of both has to be there.
  struct SelfTest {
    dns::Question listed;
    dns::Question listed_too;
    dns::Question unlisted;
  };
  SelfTest self_test() const;
  State state_by(const dns::Answer& listed, const dns::Answer& listed_too, const dns::Answer& unlisted) const;
  /// What it says of a domain, if it works.
  Said said_by(const dns::Answer& answer) const;

 private:
  struct Range {
    std::uint8_t least = 0;
    std::uint8_t most = 255;
    std::uint8_t bits = 0;  // if any, they count in place of these
    bool has(std::uint8_t byte) const { return bits != 0 ? (byte & bits) != 0 : byte >= least && byte <= most; }
  };
  using Codes = std::array<Range, 4>;
  struct Element {
    std::optional<Codes> codes;
    double score;
    bool matches(const IpAddress& code) const;
  };
  DnsblList(std::string zone, Of of);
  struct Parts;  // of the text of an element
  static Parts parts_of(std::string_view text);
  static Result<Range> parse_part(std::string_view text);
  static Result<Codes> parse_codes(std::string_view text);
  static Result<Element> parse_element(const Parts& parts, Of of);
  bool refuses(const dns::Answer& answer) const;

  Of of_;
  std::string zone_;
  std::string shown_;
  std::vector<Element> elements_;
};

}  // namespace maildrop::filter
