/// sqlite_link.h: the writer's control socket, PATH.sock, through which readers hand it what they may not do
/// themselves.
///
/// A line each way, at most kLine bytes: `remove HEX ID` (HEX is the inbox name in hexadecimal), answered by `ok 1`
/// (removed), `ok 0` (there was none) or `error CODE TEXT`. The socket is 0600: who may connect may write the file.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
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

/// Answers on a thread of its own. `remove` runs there and may block.
class LinkServer {
 public:
  using Remove = std::function<Result<bool>(const mail::Inbox&, const MessageId&)>;

  /// REQUIRES: the WriteLock: a socket that is there already is a dead writer's.
  static Result<std::unique_ptr<LinkServer>> start(const std::string& path, Remove remove);
  ~LinkServer();
  LinkServer(const LinkServer&) = delete;

 private:
  struct Client {
    FileDescriptor socket;
    std::string in;
    std::chrono::steady_clock::time_point deadline;
  };
  LinkServer() = default;
  void loop();
  bool turn();
  void pause() const;
  void take_client();
  bool serve(Client& client);
  std::string answer(std::string_view line) const;

  std::string path_;
  Remove remove_;
  FileDescriptor listener_;
  FileDescriptor stop_;
  std::vector<Client> clients_;
  std::thread thread_;
};

/// Such a name and id can be put into a line; a store holds no others.
bool can_ask_for(const mail::Inbox& inbox, const MessageId& id);
/// Hands a removal to the writer. not_found: there is no writer to ask; anything else is its answer, or unavailable.
Result<bool> ask_remove(const std::string& path, const mail::Inbox& inbox, const MessageId& id);

}  // namespace maildrop::store::sqlite
