/// sqlite_link.h: the writer's control socket, PATH.sock, through which readers hand it what they may not do
/// themselves.
///
/// A line each way, at most kLine bytes: `remove HEX ID` (HEX is the inbox name in hexadecimal), answered by `ok 1`
/// (removed), `ok 0` (there was none) or `error CODE TEXT`. `removeall N` is followed by N lines `HEX ID KEY` (a Spot),
/// and answered by `ok COUNT` behind the last; `scrub` by `ok 1` or `ok 0`. An older writer answers `error invalid
/// unknown command`. The socket is 0600: who may connect may write the file.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/result.h"
#include "mail/inbox.h"
#include "store/sqlite_file.h"
#include "store/store.h"

namespace maildrop::store::sqlite {

inline constexpr std::size_t kLine = 2048;                       // an inbox name is at most 64 + 1 + 255 bytes
inline constexpr std::size_t kLinkClients = 16;                  // at once; more wait in the kernel's queue
inline constexpr std::chrono::milliseconds kLinkPatience{2000};  // for a line, or for room for an answer

/// What a writer does for others.
struct LinkActions {
  std::function<Result<bool>(const mail::Inbox&, const MessageId&)> remove;
  std::function<Result<std::size_t>(std::span<const Spot>)> remove_all{};
  std::function<Result<bool>()> scrub{};
};

/// Answers on a thread of its own. The actions run there and may block.
class LinkServer {
 public:
  /// REQUIRES: the WriteLock: a socket that is there already is a dead writer's.
  static Result<std::unique_ptr<LinkServer>> start(const std::string& path, LinkActions actions);
  ~LinkServer();
  LinkServer(const LinkServer&) = delete;

 private:
  struct Client {
    FileDescriptor socket;
    std::string in;
    std::chrono::steady_clock::time_point deadline;
    std::size_t expected = 0;  // lines of a removeall that are still to come
    std::vector<Spot> spots{};
  };
  LinkServer() = default;
  void loop();
  bool turn();
  void pause() const;
  void take_client();
  bool serve(Client& client);
  Result<std::optional<std::size_t>> take_line(Client& client, std::string_view line) const;

  std::string path_;
  LinkActions actions_;
  FileDescriptor listener_;
  FileDescriptor stop_;
  std::vector<Client> clients_;
  std::thread thread_;
};

/// Such a name and id can be put into a line; a store holds no others.
bool can_ask_for(const mail::Inbox& inbox, const MessageId& id);
/// Hands a removal to the writer. not_found: there is no writer to ask; anything else is its answer, or unavailable.
Result<bool> ask_remove(const std::string& path, const mail::Inbox& inbox, const MessageId& id);

/// The same for many, and for an empty write-ahead log.
Result<std::size_t> ask_remove_all(const std::string& path, std::span<const Spot> spots);
Result<bool> ask_scrub(const std::string& path);

}  // namespace maildrop::store::sqlite
