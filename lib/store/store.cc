/// store.cc: message ids: made, and recognised in what strangers send; and a store that is only half of one.
#include "store/store.h"

#include <algorithm>
#include <array>

#include "core/random.h"

namespace maildrop::store {

namespace {

constexpr std::size_t kIdLength = 26;  // 16 bytes, 5 bits a character
constexpr std::size_t kStampBytes = 4;
constexpr std::size_t kTargetOverhead = 128;  // bytes of memory a target takes beside its name

// In the order of their values.
constexpr std::string_view kMarks[] = {"none", "tag", "quarantine"};
constexpr std::string_view kQuarantined[] = {"hidden", "shown", "only"};

template <class Enum>
std::optional<Enum> value_named(std::span<const std::string_view> names, std::string_view name) {
  const auto at = std::find(names.begin(), names.end(), name);
  if (at == names.end()) return std::nullopt;
  return static_cast<Enum>(at - names.begin());
}

}  // namespace

std::string_view name_of(Mark mark) { return kMarks[static_cast<std::size_t>(mark)]; }
std::optional<Mark> mark_named(std::string_view name) { return value_named<Mark>(kMarks, name); }
std::string_view name_of(Quarantined quarantined) { return kQuarantined[static_cast<std::size_t>(quarantined)]; }
std::optional<Quarantined> quarantined_named(std::string_view name) {
  return value_named<Quarantined>(kQuarantined, name);
}

MessageId MessageId::make(Time now) {
  std::array<char, 16> bytes{};
  const auto seconds = static_cast<std::uint32_t>(to_millis(now) / 1000);
  for (std::size_t i = 0; i < kStampBytes; ++i) bytes[i] = static_cast<char>(seconds >> (24 - 8 * i));
  random_bytes(std::span(bytes).subspan(kStampBytes));
  return MessageId(base32({bytes.data(), bytes.size()}));
}

std::size_t memory_of(const Delivery& d) {
  std::size_t size = sizeof(Delivery) + d.data.size() + d.summary.from.size() + d.summary.header_from.size() +
                     d.summary.subject.size() + d.summary.helo.size() + d.transcript.size() + d.verdicts.size() +
                     (d.packed ? d.packed->bytes.size() : 0);
  for (const Delivery::Target& target : d.targets) size += kTargetOverhead + target.to.size();
  return size;
}

Result<MessageId> MessageId::parse(std::string_view text) {
  if (text.size() != kIdLength || !is_base32(text)) return fail(Code::invalid, "not a message id");
  return MessageId(std::string(text));
}

namespace {
tl::unexpected<Error> cannot_be_walked() { return fail(Code::unavailable, "this store cannot be walked through"); }
}  // namespace

Result<std::vector<Found>> Store::scan(ScanCursor&, std::size_t) { return cannot_be_walked(); }
Result<std::size_t> Store::remove_all(std::span<const Spot>) { return cannot_be_walked(); }
Result<bool> Store::scrub() { return true; }

}  // namespace maildrop::store
