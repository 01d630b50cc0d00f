/// web_address.cc: getaddrinfo() with a deadline, which it has not.
#include "report/web_address.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <vector>

#include "core/socket_address.h"
#include "core/special_networks.h"

namespace maildrop::report {

namespace {

constexpr std::chrono::milliseconds kLook{50};  // at whether it is cancelled

/// What the asker and the thread that looks up share; the last of them frees it.
struct Lookup {
  explicit Lookup(std::string h) : host(std::move(h)) {}
  const std::string host;
  std::mutex mutex{};
  std::condition_variable over{};
  std::optional<Result<std::vector<IpAddress>>> found{};
};

Result<std::vector<IpAddress>> look_up(const std::string& host) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); error != 0)
    return fail(Code::unavailable, "no address of '" + host + "': " + ::gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> freed(list, ::freeaddrinfo);
  std::vector<IpAddress> found;
  for (const addrinfo* each = list; each; each = each->ai_next)
    if (const auto address = ip_address(each->ai_addr)) found.push_back(*address);
  return found;
}

std::atomic<bool> busy{false};  // a look-up runs: one that hangs is not to have a thread for each try

/// On a thread of its own.
void carry_out(Lookup& lookup) noexcept {
  Result<std::vector<IpAddress>> found = fail(Code::internal, {});
  try {
    found = look_up(lookup.host);
  } catch (...) {  // no memory: it is the asker's error
  }
  const std::lock_guard lock(lookup.mutex);
  lookup.found = std::move(found);
  busy = false;
  lookup.over.notify_all();
}

Result<std::vector<IpAddress>> look_up(const std::string& host, Monotonic until, const std::atomic<bool>& cancelled) {
  const auto lookup = std::make_shared<Lookup>(host);
  if (busy.exchange(true)) return fail(Code::unavailable, "the look-up before has not ended");
  try {
    std::thread([lookup] { carry_out(*lookup); }).detach();
  } catch (const std::system_error& error) {  // no thread is to be had
    busy = false;
    return fail(Code::unavailable, error.what());
  }
  std::unique_lock lock(lookup->mutex);
  while (!lookup->found && !cancelled && std::chrono::steady_clock::now() < until)
    lookup->over.wait_until(lock, std::min(until, std::chrono::steady_clock::now() + kLook));
  if (lookup->found) return *lookup->found;
  return fail(Code::timed_out, "no address of '" + host + "' in time");
}

bool may_be_host(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_' || c == ':';
  });
}

}  // namespace

Result<WebAddress> WebAddress::parse(std::string_view url) {
  const auto bad = [&] { return fail(Code::invalid, "it must be https://HOST[:PORT]/PATH"); };
  const bool secure = url.starts_with("https://");
  if (!secure && !url.starts_with("http://")) return bad();
  const bool odd = std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= 0x20 || c >= 0x7f; });
  if (odd || url.find_first_of("#@\\") != std::string_view::npos) return bad();
  const std::size_t begin = secure ? 8 : 7;
  const std::size_t end = std::min(url.find_first_of("/?", begin), url.size());
  std::string_view host = url.substr(begin, end - begin);
  WebAddress web;
  web.secure = secure;
  web.authority = url.substr(begin, end - begin);
  web.target = url.substr(end);
  if (!web.target.starts_with('/')) web.target.insert(0, "/");
  web.port = secure ? 443 : 80;
  const std::size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && !host.ends_with(']')) {
    const std::string_view port = host.substr(colon + 1);
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), web.port);
    if (error != std::errc() || stop != port.data() + port.size() || web.port == 0) return bad();
    host = host.substr(0, colon);
  }
  const bool literal = host.starts_with('[') && host.ends_with(']');
  if (literal) host = host.substr(1, host.size() - 2);
  if (!may_be_host(host) || literal != (host.find(':') != std::string_view::npos)) return bad();
  web.host = host;
  return web;
}

Result<std::vector<IpAddress>> find_addresses(const WebAddress& web, bool may_be_private, Monotonic until,
                                              const std::atomic<bool>& cancelled) {
  std::vector<IpAddress> found;
  if (const Result<IpAddress> literal = IpAddress::parse(web.host))
    found.push_back(*literal);
  else
    found = TRY(look_up(web.host, until, cancelled));
  if (found.empty()) return fail(Code::unavailable, "no address of '" + web.host + "'");
  if (may_be_private) return found;
  const std::string first = found.front().to_string();
  std::erase_if(found, is_reserved);
  if (!found.empty()) return found;
  return fail(Code::invalid,
              "'" + web.host + "' is at " + first + ", which is not on the internet: see report.webhook_private");
}

}  // namespace maildrop::report
