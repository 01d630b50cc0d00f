/// doctor_ports.cc: what can be listened on, and who has what cannot.
#include "doctor_ports.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <system_error>

#include "service/listen.h"

namespace maildrop::cmd {
namespace {

using Level = Finding::Level;
using Findings = std::vector<Finding>;

/// A process that serves `name` offers it to whoever takes its place (service/takeover.h).
bool is_served_by_maildrop(const std::string& name) {
  std::ifstream sockets("/proc/net/unix");
  const std::string wanted = "@maildrop/" + name;
  for (std::string line; std::getline(sockets, line);)
    if (line.size() > wanted.size() && line.compare(line.size() - wanted.size(), wanted.size(), wanted) == 0 &&
        line[line.size() - wanted.size() - 1] == ' ')
      return true;
  return false;
}

/// A socket unit has it, for a service that is passed it. Only root may see that.
bool is_held_by_systemd(const Endpoint& endpoint) {
  std::set<std::string> holding;
  for (const char* table : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    std::ifstream sockets(table);
    std::string line;
    std::getline(sockets, line);  // names of the columns
    while (std::getline(sockets, line)) {
      unsigned port = 0, state = 0;
      unsigned long inode = 0;
      constexpr unsigned kListening = 10;
      const int read =
          std::sscanf(line.c_str(), " %*[^:]: %*[^:]:%x %*s %x %*s %*s %*s %*s %*s %lu", &port, &state, &inode);
      if (read == 3 && state == kListening && port == endpoint.port)
        holding.insert("socket:[" + std::to_string(inode) + "]");
    }
  }
  std::error_code denied;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/1/fd", denied)) {
    std::error_code gone;
    if (holding.contains(std::filesystem::read_symlink(entry, gone).string()))
      return std::filesystem::is_directory("/run/systemd/system", gone);
  }
  return false;
}

void check_endpoint(const Endpoint& endpoint, Findings& findings) {
  const std::string name = endpoint.to_string();
  if (endpoint.kind == Endpoint::Kind::inherited) {
    findings.push_back({Level::ok, "ports", name + " is for systemd to hold"});
    return;
  }
  if (endpoint.kind == Endpoint::Kind::unix_path) {
    const std::string folder = std::filesystem::path(endpoint.path).parent_path().string();
    if (::access(folder.c_str(), W_OK | X_OK) == 0) return findings.push_back({Level::ok, "ports", name});
    return findings.push_back({Level::error, "ports", name + ": no permission to make it, or no such folder",
                               "make the folder '" + folder + "', owned by the user that maildrop runs as"});
  }
  const bool served =
      is_served_by_maildrop(name) ||
      (endpoint.kind == Endpoint::Kind::any && is_served_by_maildrop("0.0.0.0:" + std::to_string(endpoint.port)));
  if (served) return findings.push_back({Level::ok, "ports", name + " is served by a maildrop"});
  const auto opened = service::open_listeners({endpoint}, 1);
  if (opened) return findings.push_back({Level::ok, "ports", name + " is free"});
  if (is_held_by_systemd(endpoint))
    return findings.push_back(
        {Level::ok, "ports", name + " is held by systemd, for a service (systemctl list-sockets)"});
  findings.push_back({Level::error, "ports", opened.error().what,
                      "end whoever has it (ss -ltnp), or listen elsewhere; for a port below 1024 see "
                      "maildrop-serve(8)"});
}

}  // namespace

void check_ports(const Patient& patient, std::vector<Finding>& findings) {
  const Config& config = patient.config;
  for (const auto* endpoints :
       {&config.smtp.listen, &config.smtp.listen_tls, &config.lmtp.listen, &config.api.listen, &config.admin.listen})
    for (const Endpoint& endpoint : *endpoints) check_endpoint(endpoint, findings);
}

}  // namespace maildrop::cmd
