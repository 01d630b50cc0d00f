/// size.cc: how large a message is, and whether its client said so (RFC 1870).
#include "core/text.h"
#include "filter/filter.h"
#include "filter/sum.h"
#include "mail/headers.h"

namespace maildrop::filter {

namespace {

constexpr double kTooLarge = 1;  // an inbox is opened for a few lines
constexpr double kOther = 1;     // RFC 1870 6.3: an estimate may be wrong. This one was none
constexpr double kEmpty = 0.5;   // somebody tries whether the address is there, or it is all in the subject

// What is declared counts as true up to that factor: base64 on the way adds a third, quoted-printable more.
constexpr std::uint64_t kFactor = 2;
// And up to that many bytes: fields that are added after the estimate, line ends that were counted as one byte.
constexpr std::uint64_t kSlack = 8 * 1024;
constexpr std::size_t kLongestBlank = 4096;  // bytes of white space that count as no body

bool is_far_beyond(std::uint64_t one, std::uint64_t other) { return one > kSlack && (one - kSlack) / kFactor > other; }

bool is_empty(std::string_view message) {
  const std::string_view body = message.substr(mail::scan_headers(message).body);
  return body.size() <= kLongestBlank && trim(body).empty();
}

class Size final : public Filter {
 public:
  explicit Size(std::uint64_t most) : most_(most) {}

  Finding judge(Phase phase, const mail::Transaction& transaction, Facts&) const override {
    const std::uint64_t declared = transaction.declared_size;
    if (phase == Phase::mail) {
      if (!is_too_large(declared)) return {};
      return refusing(Finding::score_of(kTooLarge, "declares " + std::to_string(declared) + " bytes"));
    }
    const std::uint64_t size = transaction.data.size();
    const bool too_large = is_too_large(size) && !is_too_large(declared);  // that was found at MAIL
    Sum sum;
    if (too_large) sum.add(kTooLarge, std::to_string(size) + " bytes");
    if (declared > 0 && (is_far_beyond(size, declared) || is_far_beyond(declared, size)))
      sum.add(kOther, "declared " + std::to_string(declared) + " bytes and sent " + std::to_string(size));
    if (is_empty(transaction.data)) sum.add(kEmpty, "no body");
    return too_large ? refusing(sum.finding()) : sum.finding();
  }

 private:
  bool is_too_large(std::uint64_t size) const { return most_ > 0 && size > most_; }

  Finding refusing(Finding finding) const {
    finding.action = Action::reject;
    finding.reply = "5.3.4 messages have " + std::to_string(most_) + " bytes at most";
    return finding;
  }

  std::uint64_t most_;
};

}  // namespace

extern const FilterKind kSize{"size",
                              "How large a message is, and whether its client said so.",
                              bit(Phase::mail) | bit(Phase::message),
                              {},
                              Evidence::wish,
                              [](const FilterSettings& settings) -> const FilterUse& { return settings.size; },
                              [](const Config& config) -> Result<std::unique_ptr<Filter>> {
                                return std::make_unique<Size>(config.filter.size.most);
                              }};

}  // namespace maildrop::filter
