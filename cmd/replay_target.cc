/// replay_target.cc: where mail is sent, and whether it may be.
#include <netdb.h>
#include <sys/socket.h>

#include <charconv>
#include <memory>
#include <optional>

#include "core/socket_address.h"
#include "replay.h"

namespace maildrop::cmd {
namespace {

Error no_target(const std::string& text) {
  return {Code::invalid, "'" + text + "' is no HOST:PORT, [IPv6]:PORT or unix:PATH to connect to"};
}

Result<std::vector<Endpoint>> resolve(const std::string& name, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &list);
  if (error != 0) return fail(Code::unavailable, "cannot resolve '" + name + "': " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(list, ::freeaddrinfo);
  std::vector<Endpoint> out;
  for (const addrinfo* each = list; each != nullptr; each = each->ai_next) {
    const std::optional<IpAddress> address = ip_address(each->ai_addr);
    if (!address) continue;
    Endpoint endpoint;
    endpoint.address = *address;
    endpoint.port = port;
    out.push_back(endpoint);
  }
  if (out.empty()) return fail(Code::unavailable, "'" + name + "' has no address");
  return out;
}

Result<std::vector<Endpoint>> named_target(const std::string& text, bool allow_remote) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return tl::unexpected(no_target(text));
  const std::string name = text.substr(0, colon);
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, port);
  if (error != std::errc() || stop != end || port == 0 || name.find_first_of("[]:*/ ") != std::string::npos)
    return tl::unexpected(no_target(text));
  if (name != "localhost" && !allow_remote)
    return fail(Code::invalid,
                "'" + name + "' is a name, which may lead anywhere: --allow-remote and --rate send there");
  return resolve(name, port);
}

}  // namespace

bool is_remote(const Endpoint& endpoint) {
  return endpoint.kind != Endpoint::Kind::unix_path && !endpoint.address.is_loopback();
}

Result<std::vector<Endpoint>> replay_target(const std::string& text, bool allow_remote) {
  std::vector<Endpoint> found;
  if (const auto parsed = Endpoint::parse(text)) {
    const bool ip = parsed->kind == Endpoint::Kind::ip && parsed->port != 0;
    if (!ip && parsed->kind != Endpoint::Kind::unix_path) return tl::unexpected(no_target(text));
    found.push_back(*parsed);
  } else {
    found = TRY(named_target(text, allow_remote));
  }
  for (const Endpoint& each : found) {
    if (is_remote(each) && !allow_remote)
      return fail(Code::invalid,
                  "'" + each.to_string() + "' is not this machine: --allow-remote and --rate send there");
  }
  return found;
}

}  // namespace maildrop::cmd
