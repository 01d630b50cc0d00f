/// doctor_dns.cc: one question by the C library, and what its answer means.
#include "doctor_dns.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <resolv.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/text.h"

namespace maildrop::cmd {
namespace {

using Level = Finding::Level;

constexpr int kPatience = 2;            // seconds for each server
constexpr std::size_t kAnswer = 65535;  // what TCP can carry

/// A resolver's state, closed again.
class Resolver {
 public:
  explicit Resolver(const std::optional<sockaddr_in>& server) : ready_(::res_ninit(&state_) == 0) {
    state_.retrans = kPatience;
    state_.retry = 1;
    state_.options &= ~static_cast<unsigned long>(RES_DNSRCH | RES_DEFNAMES);
    if (!server) return;
    state_.nscount = 1;
    state_.nsaddr_list[0] = *server;
  }
  ~Resolver() {
    if (ready_) ::res_nclose(&state_);
  }
  Resolver(const Resolver&) = delete;

  Result<std::string> ask(const std::string& name, ns_type type) {
    std::string answer(kAnswer, '\0');
    if (!ready_) return fail(Code::unavailable, "there is no resolver");
    const int size = ::res_nquery(&state_, name.c_str(), ns_c_in, type, reinterpret_cast<unsigned char*>(answer.data()),
                                  static_cast<int>(answer.size()));
    if (size < 0 && state_.res_h_errno == HOST_NOT_FOUND) return fail(Code::not_found, "there is no such domain");
    if (size < 0 && state_.res_h_errno == NO_DATA) return std::string();
    if (size < 0) return fail(Code::unavailable, ::hstrerror(state_.res_h_errno));
    answer.resize(std::min(static_cast<std::size_t>(size), answer.size()));
    return answer;
  }

 private:
  struct __res_state state_ {};
  bool ready_;
};

Result<std::vector<Mx>> parse_mx(const std::string& answer) {
  std::vector<Mx> found;
  if (answer.empty()) return found;
  ns_msg message;
  const auto* bytes = reinterpret_cast<const unsigned char*>(answer.data());
  if (::ns_initparse(bytes, static_cast<int>(answer.size()), &message) != 0)
    return fail(Code::unavailable, "the answer makes no sense");
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record;
    if (::ns_parserr(&message, ns_s_an, i, &record) != 0) return fail(Code::unavailable, "the answer makes no sense");
    if (ns_rr_type(record) != ns_t_mx || ns_rr_rdlen(record) < 3) continue;
    std::array<char, NS_MAXDNAME> host{};
    if (::ns_name_uncompress(ns_msg_base(message), ns_msg_end(message), ns_rr_rdata(record) + 2, host.data(),
                             host.size()) < 0)
      continue;
    const std::string name = std::string_view(host.data()) == "." ? "" : to_lower(host.data());
    found.push_back({ns_get16(ns_rr_rdata(record)), name});
  }
  std::stable_sort(found.begin(), found.end(), [](const Mx& a, const Mx& b) { return a.preference < b.preference; });
  return found;
}

std::string names_of(const std::vector<Mx>& records) {
  std::string names;
  for (const Mx& mx : records) names += (names.empty() ? "" : ", ") + mx.host;
  return names;
}

}  // namespace

Result<std::vector<Mx>> find_mx(const std::string& domain, const std::optional<sockaddr_in>& server) {
  Resolver resolver(server);
  return parse_mx(TRY(resolver.ask(domain, ns_t_mx)));
}

Finding judge_mx(std::string_view domain, std::string_view host, const Result<std::vector<Mx>>& found) {
  const std::string name(domain);
  if (!found && found.error().code == Code::not_found)
    return {Level::error, "dns", name + " does not exist: nobody can send mail to it",
            "register it, or take it out of mail.domains"};
  if (!found)
    return {Level::warning, "dns", "nothing is known of " + name + ": " + found.error().what,
            "see to the resolver in /etc/resolv.conf"};
  if (found->empty())
    return {Level::warning, "dns", name + " has no MX record: its mail goes to its own address, if it has one",
            "add one: " + name + ". MX 10 " + std::string(host) + "."};
  if (found->front().host.empty())
    return {Level::error, "dns", name + " has a null MX record: nobody sends mail to it",
            "replace it: " + name + ". MX 10 " + std::string(host) + "."};
  const auto ours = std::find_if(found->begin(), found->end(), [&](const Mx& mx) { return mx.host == host; });
  if (ours == found->end())
    return {Level::warning, "dns",
            "mail for " + name + " goes to " + names_of(*found) + ", and we are " + std::string(host),
            "all is well if that leads here, as a balancer does; else change the MX record, or smtp.hostname"};
  return {Level::ok, "dns", "mail for " + name + " goes to " + names_of(*found)};
}

}  // namespace maildrop::cmd
