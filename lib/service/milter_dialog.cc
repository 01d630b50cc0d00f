/// milter_dialog.cc: step by step, each answered before the next, unless the milter wants no part in it.
#include "service/milter_dialog.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace maildrop::service {

namespace {

constexpr std::uint32_t kVersion = 6;
constexpr std::uint32_t kLeastVersion = 2;
constexpr std::uint32_t kData = 4;                 // the version from which on there is DATA
constexpr std::uint32_t kActions = 0x1ff;          // all there are
constexpr std::uint32_t kLeadingSpace = 0x100000;  // header values come with the blanks behind the colon
// What it may do without, step by step, and how it likes what it gets: all there is, but to hear of recipients that are
// refused.
constexpr std::uint32_t kProtocol = 0x1fffff & ~0x800u;
constexpr std::size_t kLongestText = 300;  // bytes of what it wants said
constexpr std::string_view kNul("\0", 1);

tl::unexpected<Error> wrong(std::string what) { return fail(Code::invalid, std::move(what)); }

/// Up to its NUL.
std::string_view text_of(std::string_view data) { return data.substr(0, data.find('\0')); }

/// Without the blanks behind the colon, as milters want it that do not ask for them.
std::string_view without_blanks(std::string_view value) {
  const std::size_t at = value.find_first_not_of(" \t");
  return at == std::string_view::npos ? std::string_view() : value.substr(at);
}

/// `<a@example.com>`
std::string_view without_brackets(std::string_view path) { return path.substr(1, path.size() - 2); }

/// Milters write a percent sign twice, since Sendmail goes by their replies as by formats; a single one stands for
/// nothing.
std::string unformatted(std::string_view text) {
  std::string plain;
  bool opens = false;
  for (const char c : text) {
    opens = c == '%' && !opens;
    if (!opens) plain += c;
  }
  return plain;
}

}  // namespace

/// What is said at a step.
struct MilterDialog::Stage {
  std::string_view name;
  char command;
  std::uint32_t without;  // the bit by which a milter does without
  std::uint32_t quiet;    // the bit by which it does not answer
};

const MilterDialog::Stage& MilterDialog::stage_of(Step step) {
  // clang-format off
  static constexpr Stage kStages[] = {{"options", 'O', 0, 0},
                                      {"connect", 'C', 0x1, 0x1000},
                                      {"helo", 'H', 0x2, 0x2000},
                                      {"mail", 'M', 0x4, 0x4000},
                                      {"rcpt", 'R', 0x8, 0x8000},
                                      {"data", 'T', 0x200, 0x10000},
                                      {"header", 'L', 0x20, 0x80},
                                      {"header", 'N', 0x40, 0x40000},
                                      {"body", 'B', 0x10, 0x80000},
                                      {"message", 'E', 0, 0}};
  // clang-format on
  return kStages[static_cast<std::size_t>(step)];
}

bool MilterDialog::is_skipped() const {
  return (protocol_ & stage_of(step_).without) != 0 || (step_ == Step::data && version_ < kData);
}

std::size_t MilterDialog::items() const {
  if (step_ == Step::rcpt) return request_.to.size();
  if (step_ == Step::header) return request_.fields.size();
  if (step_ == Step::body) return (size_ - std::min(request_.body, size_) + kPiece - 1) / kPiece;
  return 1;
}

Result<std::string_view> MilterDialog::next() {
  if (text_.size() != size_) return fail(Code::internal, "the message is another one by now");
  out_.clear();
  while (!waits_ && step_ != Step::over && out_.size() < kPiece) say();
  return out_;
}

void MilterDialog::say() {
  if (item_ < items()) {
    say_macros();  // whoever does without a step may ask for its macros at a later one
    if (!is_skipped()) {
      say_item();
      waits_ = (protocol_ & stage_of(step_).quiet) == 0;
    }
    ++item_;
    return;
  }
  item_ = 0;
  step_ = static_cast<Step>(static_cast<unsigned>(step_) + 1);
}

void MilterDialog::say_item() {
  const char command = stage_of(step_).command;
  const MilterRequest& of = request_;
  switch (step_) {
    case Step::options:
      return append_packet(out_, command, {four_bytes(kVersion), four_bytes(kActions), four_bytes(kProtocol)});
    case Step::connect: {
      if (!of.address) return append_packet(out_, command, {of.host, kNul, "U"});
      const std::string two_bytes = four_bytes(of.port).substr(2);
      return append_packet(out_, command,
                           {of.host, kNul, of.address->is_v4() ? "4" : "6", two_bytes, of.address->to_string(), kNul});
    }
    case Step::helo: return append_packet(out_, command, {of.helo, kNul});
    case Step::mail: return append_packet(out_, command, {of.from, kNul});
    case Step::rcpt: return append_packet(out_, command, {of.to[item_], kNul});
    case Step::header: {
      const auto& [name, value] = of.fields[item_];
      const bool all = (protocol_ & kLeadingSpace) != 0;
      return append_packet(out_, command, {name, kNul, all ? value : without_blanks(value), kNul});
    }
    case Step::body:
      return append_packet(out_, command, {std::string_view(text_).substr(of.body + item_ * kPiece, kPiece)});
    default: return append_packet(out_, command);
  }
}

/// What goes before say_item().
void MilterDialog::say_macros() {
  const MilterRequest& of = request_;
  switch (step_) {
    case Step::connect:
      return append_macros({{"j", of.our_name},
                            {"{daemon_name}", "maildrop"},
                            {"{client_name}", of.host},
                            {"{client_addr}", of.address ? of.address->to_string() : std::string()},
                            {"{client_port}", of.address ? std::to_string(of.port) : std::string()}});
    case Step::helo: return append_macros({{"{tls_version}", of.tls_protocol}, {"{cipher}", of.tls_cipher}});
    case Step::mail: return append_macros({{"i", of.session}, {"{mail_addr}", without_brackets(of.from)}});
    case Step::rcpt: return append_macros({{"{rcpt_addr}", without_brackets(of.to[item_])}});
    case Step::end: return append_macros({{"i", of.session}});
    default: return;
  }
}

/// Those that are known.
void MilterDialog::append_macros(std::initializer_list<std::pair<std::string_view, std::string_view>> macros) {
  std::string known;
  for (const auto& [name, value] : macros)
    if (!value.empty()) known.append(name).append(kNul).append(value).append(kNul);
  if (!known.empty()) append_packet(out_, 'D', {std::string_view(&stage_of(step_).command, 1), known});
}

Result<Exchange::Want> MilterDialog::consume(std::string_view bytes) {
  blank_ &= bytes.empty();
  packets_.feed(bytes);
  while (step_ != Step::over) {
    const std::optional<MilterPacket> packet = TRY(packets_.next());
    if (!packet) return Want::more;
    TRY(hear(*packet));
  }
  return Want::nothing;
}

Result<Exchange::Want> MilterDialog::end() {
  if (step_ == Step::over) return Want::nothing;
  return fail(Code::unavailable, "the connection ended before the answer");
}

Result<void> MilterDialog::hear(const MilterPacket& packet) {
  using Says = MilterAnswer::Says;
  if (!waits_) return wrong("it answers what was not asked");
  if (step_ == Step::options) return negotiate(packet);
  switch (packet.command) {
    case 'p': return {};  // it takes its time
    case 'c':
      if (step_ == Step::end) finish(Says::pass, {});
      waits_ = false;
      return {};
    case 'a': finish(Says::pass, {}); return {};
    case 'd':
      if (step_ == Step::connect || step_ == Step::helo)
        return wrong("it discards at " + std::string(stage_of(step_).name) + ", before there is a message");
      finish(Says::discard, {});
      return {};
    case 'r': refuse(Says::reject, {}); return {};
    case 't': refuse(Says::defer, {}); return {};
    case 'y': return hear_reply(text_of(packet.data));
    case '4':
    case 'f': return fail(Code::unavailable, "it says that it cannot");
    default: break;
  }
  if (step_ == Step::end) return hear_at_end(packet);
  if (step_ != Step::body || packet.command != 's')
    return wrong("its answer at " + std::string(stage_of(step_).name) + " means nothing");
  item_ = items();
  waits_ = false;
  return {};
}

Result<void> MilterDialog::negotiate(const MilterPacket& packet) {
  constexpr std::size_t kLeast = 12;  // three numbers; macros that it wants may follow
  if (packet.command != 'O' || packet.data.size() < kLeast) return wrong("it does not negotiate as milters do");
  version_ = number_at(packet.data, 0);
  protocol_ = number_at(packet.data, 8);
  if (version_ < kLeastVersion || version_ > kVersion)
    return wrong("it speaks version " + std::to_string(version_) + " of the protocol");
  if ((number_at(packet.data, 4) & ~kActions) != 0 || (protocol_ & ~kProtocol) != 0)
    return wrong("it wants what was not offered");
  waits_ = false;
  return {};
}

/// What it would do to the message, once it has seen all of it.
Result<void> MilterDialog::hear_at_end(const MilterPacket& packet) {
  switch (packet.command) {
    case 'q':
      quarantines_ = true;
      quarantine_ = text_of(packet.data).substr(0, kLongestText);
      return {};
    case 'h':
    case 'i':
    case 'm': return {};  // a field of the header: a note in most cases
    case 'b': return wrong("it wants the body to be another one, which is not done");
    case 'e': return wrong("it wants the sender to be another one, which is not done");
    case '+':
    case '2':
    case '-': return wrong("it wants other recipients, which is not done");
    default: return wrong("its answer at message means nothing");
  }
}

/// `550 5.7.1 text`, or several lines `550-`, of which the first is said.
Result<void> MilterDialog::hear_reply(std::string_view data) {
  const std::string_view line = data.substr(0, data.find_first_of("\r\n"));
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool is_reply = line.size() >= 4 && (line[0] == '4' || line[0] == '5') && is_digit(line[1]) &&
                        is_digit(line[2]) && (line[3] == ' ' || line[3] == '-');
  if (!is_reply) return wrong("its reply is none");
  const auto says = line[0] == '4' ? MilterAnswer::Says::defer : MilterAnswer::Says::reject;
  refuse(says, unformatted(line.substr(4)).substr(0, kLongestText));
  return {};
}

/// Of recipients: it is about the message that they all have, which is refused when none of them is left. Of others
/// that it has not heard of it may have had nothing to say.
void MilterDialog::refuse(MilterAnswer::Says says, std::string_view text) {
  if (step_ != Step::rcpt) return finish(says, std::string(text));
  if (refused_++ == 0) first_refusal_ = {says, stage_of(step_).name, std::string(text)};
  if (refused_ == request_.to.size() && !request_.more_to) return finish(first_refusal_.says, first_refusal_.text);
  waits_ = false;
}

void MilterDialog::finish(MilterAnswer::Says says, std::string text) {
  answer_ = {says, stage_of(step_).name, std::move(text)};
  if (says == MilterAnswer::Says::pass && quarantines_)
    answer_ = {MilterAnswer::Says::quarantine, stage_of(step_).name, quarantine_};
  step_ = Step::over;
  waits_ = false;
}

std::string_view MilterDialog::farewell() const {
  static constexpr std::string_view kQuit("\0\0\0\1Q", 5);
  return version_ != 0 ? kQuit : std::string_view();
}

}  // namespace maildrop::service
