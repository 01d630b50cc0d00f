/// milter_dialog.h: one message before a milter: Sendmail's protocol, version 6, the client's side. No sockets here.
///
/// All that a milter may want to change is offered, since it goes without offers that it needs only by giving up; what
/// it then does to the header is passed over, and more than that is an error: nothing here changes a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"
#include "service/exchange.h"
#include "service/milter_packets.h"
#include "service/milter_request.h"

namespace maildrop::service {

class MilterDialog final : public Exchange {
 public:
  static constexpr std::size_t kPiece = 65'535;  // of a body in one packet

  /// Both outlive it.
  MilterDialog(const MilterRequest& request, const std::string& text)
      : request_(request), text_(text), size_(text.size()) {}

  Result<std::string_view> next() override;
  Result<Want> consume(std::string_view bytes) override;
  Result<Want> end() override;
  bool is_blank() const override { return blank_; }
  Answer take() override { return std::move(answer_); }
  bool keeps_alive() const override { return false; }  // as most clients: one for each connection of theirs
  std::string_view farewell() const override;

 private:
  enum class Step : std::uint8_t { options, connect, helo, mail, rcpt, data, header, eoh, body, end, over };
  struct Stage;
  static const Stage& stage_of(Step step);

  bool is_skipped() const;
  std::size_t items() const;
  void say();
  void say_item();
  void say_macros();
  void append_macros(std::initializer_list<std::pair<std::string_view, std::string_view>> macros);
  Result<void> hear(const MilterPacket& packet);
  Result<void> negotiate(const MilterPacket& packet);
  Result<void> hear_at_end(const MilterPacket& packet);
  Result<void> hear_reply(std::string_view data);
  void refuse(MilterAnswer::Says says, std::string_view text);
  void finish(MilterAnswer::Says says, std::string text);

  const MilterRequest& request_;
  const std::string& text_;
  std::size_t size_;  // of the text
  Step step_ = Step::options;
  std::size_t item_ = 0;  // of the step: how many were said
  bool waits_ = false;    // for an answer to the last
  bool blank_ = true;
  std::uint32_t version_ = 0;
  std::uint32_t protocol_ = 0;  // what it does without, as negotiated
  std::string out_;
  MilterPacketReader packets_;
  std::size_t refused_ = 0;     // recipients
  MilterAnswer first_refusal_;  // of them
  bool quarantines_ = false;
  std::string quarantine_;  // why
  MilterAnswer answer_;
};

}  // namespace maildrop::service
