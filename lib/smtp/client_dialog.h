/// client_dialog.h: the client's side of SMTP (RFC 5321) and LMTP (RFC 2033), without a socket: bytes in, bytes out.
///
/// Commands go in one piece where the server announces PIPELINING (RFC 2920), else each waits for the reply before it.
/// Whatever a server says, and whenever it hangs up, each recipient gets one Outcome.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/net.h"
#include "smtp/line_reader.h"

namespace maildrop::smtp {

enum class Fate {
  accepted,
  deferred,    // 4xx: the same may pass later
  refused,     // 5xx
  unsendable,  // never asked: no legal address, or the server lacks what the message needs
  lost,        // the connection ended before an answer. Behind the final dot, the message may have been stored
};

/// What became of a recipient, or of a connection.
struct Outcome {
  Fate fate = Fate::lost;
  std::string text;  // the first line of the reply, with its code; else what happened. A server's bytes are in it
};

struct ClientOptions {
  bool lmtp = false;
  std::string helo;                 // REQUIRES: parse_helo() takes it, as client_helo
  std::string preamble;             // said before everything: a PROXY header
  std::optional<IpAddress> client;  // told by XCLIENT: whose mail this is
  std::string client_helo;          // with it; empty: not known
};

/// What it refers to outlives its outcomes.
struct ClientMessage {
  std::string_view from;             // without <>; empty for a bounce
  std::vector<std::string_view> to;  // REQUIRES: at least one
  std::string_view data;             // lines end in CRLF; is sent as it is, with a CRLF at its end if there is none
};

/// One connection. Any split of what the server says gives the same outcomes.
class ClientDialog {
 public:
  enum class State {
    busy,   // feed it, and write what it has
    ready,  // for the next message
    ended,  // hang up: ending() tells why
  };

  // What a server may say: the longest are those that name blocklists.
  static constexpr std::size_t kMaxReplyLine = 2048;
  static constexpr std::size_t kMaxReplyLines = 128;  // of one reply: EHLO of the richest server has about twenty

  explicit ClientDialog(ClientOptions options);

  State state() const;
  const Outcome& ending() const { return ending_; }

  /// REQUIRES: ready.
  void begin(ClientMessage message);
  /// Of the message: one for each recipient, in their order, once all are known.
  std::optional<std::vector<Outcome>> take_outcomes();
  /// REQUIRES: ready.
  void quit();

  void consume(std::string_view bytes);
  /// What to write next, at most about kPiece bytes; valid until the next call. Empty: nothing, for now.
  std::string_view output();
  void wrote(std::size_t bytes);
  /// The connection is no more, or too slow.
  void lost(std::string_view why);

  std::uint64_t replies() const { return replies_; }  // complete ones, so far: a server that goes on
  /// Bytes of the message that are still to be written.
  std::size_t unsent() const { return step_ == Step::body ? message_.data.size() - at_ : 0; }

 private:
  enum class Step { greeting, hello, helo, xclient, ready, envelope, body, reset, quit, ended };
  struct Reply {
    int code = 0;
    std::string text;  // the first line
    std::size_t lines = 0;
  };
  struct Offers {
    bool pipelining = false, eight_bit = false, utf8 = false, size = false;
    bool xclient_address = false, xclient_helo = false;
  };

  void say(std::string_view line);
  void say_hello();
  void say_xclient();
  bool take_line(std::string_view line);
  void note_offer(std::string_view line);
  void handle(const Reply& reply);
  void greeted(const Reply& reply);
  void answered(const Reply& reply);
  void answered_data(const Reply& reply);
  void stored(const Reply& reply);
  void ask_next();
  void say_mail();
  void stuff();
  void resolve(std::size_t recipient, const Outcome& outcome);
  void resolve_open(const Outcome& outcome);
  void finish(bool transaction_open);
  void end(Outcome why);

  const ClientOptions options_;
  Step step_ = Step::greeting;
  LineReader lines_;
  Reply reply_;  // being read
  std::uint64_t replies_ = 0;
  Offers offers_;
  bool client_told_ = false;
  Outcome ending_;

  std::string out_;
  std::size_t written_ = 0;  // of out_

  ClientMessage message_;
  bool utf8_ = false, eight_bit_ = false;
  std::vector<std::optional<Outcome>> outcomes_;
  std::vector<std::size_t> asked_;  // recipients that are legal: MAIL, these, and DATA are the commands
  std::size_t said_ = 0;            // of the commands
  std::size_t heard_ = 0;           // replies to them
  bool mail_taken_ = false;
  bool all_known_ = false;  // outcomes wait to be taken
  std::size_t at_ = 0;      // of message_.data, while it is sent
};

}  // namespace maildrop::smtp
