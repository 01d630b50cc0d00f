/// doctor_checks.cc: files, memory, clock, disk, store, certificates, names, DNS, places, filters, log.
#include <netdb.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "api/admin.h"
#include "core/log.h"
#include "core/text.h"
#include "dns/ask_all.h"
#include "doctor.h"
#include "doctor_dns.h"
#include "doctor_ports.h"
#include "filter/chain_source.h"
#include "filter/place_database.h"
#include "local_models.h"
#include "mail/address.h"
#include "mail/alias.h"
#include "progress.h"
#include "reload.h"
#include "service/tls.h"
#include "store/backends.h"

namespace maildrop::cmd {
namespace {

using Level = Finding::Level;
using Findings = std::vector<Finding>;

constexpr std::uint64_t kOwnMemory = 64u << 20;  // beside what settings bound: code, SQLite's cache, sessions
constexpr std::chrono::hours kSoon{14 * 24};     // most certificates are renewed a month before their end
constexpr std::chrono::hours kYear{365 * 24};
constexpr std::size_t kMostDomains = 20;  // asked for: each may take seconds

// --- the machine ---

void check_files(const Patient& patient, Findings& findings) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const std::uint64_t wanted = std::uint64_t{patient.config.limits.connections} + patient.config.api.connections +
                               files_beside(patient.config, {.smtp = true, .api = true});
  const std::string what = std::to_string(limit.rlim_max) + " open files are allowed, " + std::to_string(wanted) +
                           " are wanted for all connections and questions";
  if (limit.rlim_max >= wanted) return findings.push_back({Level::ok, "files", what});
  findings.push_back(
      {Level::warning, "files", what,
       "raise the limit (LimitNOFILE= of the unit, ulimit -Hn), or lower limits.connections and dns.lookups"});
}

/// Of the control group, or of the machine; 0: unknown.
std::uint64_t memory_limit() {
  std::uint64_t all =
      static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    if (line.compare(0, 3, "0::") != 0) continue;
    std::ifstream file("/sys/fs/cgroup" + line.substr(3) + "/memory.max");
    std::uint64_t most = 0;
    if (file >> most) all = std::min(all, most);
  }
  return all;
}

void check_memory(const Patient& patient, Findings& findings) {
  const Config& config = patient.config;
  const std::uint64_t wanted = config.limits.memory + config.api.memory + kOwnMemory +
                               (config.admin.listen.empty() ? 0 : api::memory_for_operators(config));
  const std::uint64_t there = memory_limit();
  const std::string what =
      format_size_short(there) + " of memory, of which settings allow " + format_size_short(wanted);
  if (there >= wanted) return findings.push_back({Level::ok, "memory", what});
  findings.push_back(
      {Level::error, "memory", what, "lower limits.memory and api.memory, or raise MemoryMax= of the unit"});
}

void check_clock(const Patient&, Findings& findings) {
  timex state{};
  const int result = ::adjtimex(&state);
  if (result == -1 || (result != TIME_ERROR && (state.status & STA_UNSYNC) == 0))
    return findings.push_back({Level::ok, "clock", result == -1 ? "the kernel does not tell" : "it is synchronised"});
  findings.push_back(
      {Level::warning, "clock", "nobody keeps it right, and mail expires by it", "run systemd-timesyncd or chrony"});
}

// --- the store ---

/// File systems over a network, where SQLite's locks do not hold (statfs(2)).
bool is_remote(long type) {
  constexpr long kRemote[] = {0x6969 /* NFS */, 0xff534d42 /* CIFS */, 0xfe534d42 /* SMB2 */, 0x01021997 /* 9P */,
                              0x65735546 /* FUSE: may be */};
  return std::find(std::begin(kRemote), std::end(kRemote), type) != std::end(kRemote);
}

void check_disk(const Patient& patient, const std::string& path, std::uint64_t used, Findings& findings) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  struct statvfs disk {};
  struct statfs kind {};
  if (::statvfs(folder.c_str(), &disk) != 0 || ::statfs(folder.c_str(), &kind) != 0) return;
  const std::uint64_t free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  const StoreSettings& store = patient.config.store;
  const std::uint64_t growth = store.max_size - std::min(store.max_size, used);  // its log included
  const std::string what = format_size_short(free) + " free, and the store may grow by " + format_size_short(growth);
  if (free >= growth) {
    findings.push_back({Level::ok, "disk", what});
  } else {
    findings.push_back(
        {Level::warning, "disk", what, "lower store.max_size, or make room: on a full disk mail is put off"});
  }
  if (is_remote(static_cast<long>(kind.f_type) & 0xffffffffL))
    findings.push_back({Level::error, "disk", "the store lies on a file system over a network",
                        "SQLite needs a local one: move it, or use Redis"});
}

void tell_stats(store::Store& store, Findings& findings, std::uint64_t& bytes) {
  const auto stats = store.stats();
  if (!stats) return;
  bytes = stats->bytes;
  findings.push_back({Level::ok, "store",
                      std::to_string(stats->messages) + " messages in " + std::to_string(stats->inboxes) +
                          " inboxes, " + format_size_short(stats->bytes)});
  const auto models = store.models().list();
  if (!models) {
    findings.push_back({Level::warning, "store", "what filters have learnt cannot be read: " + models.error().what,
                        "filters that go by it find nothing: maildrop-storage(7), Models"});
  } else if (!models->empty()) {
    std::uint64_t size = 0;
    for (const store::ModelInfo& model : *models) size += model.size;
    findings.push_back(
        {Level::ok, "store", plural(models->size(), "model", "models") + " of filters, " + format_size_short(size)});
  }
}

void check_sqlite(const Patient& patient, store::OpenOptions options, Findings& findings) {
  const std::string path = patient.store_url.substr(patient.store_url.find(':') + 1);
  std::uint64_t bytes = 0;
  options.role = store::Role::writer;
  const auto writable = store::check_store(options, {});
  constexpr pid_t kAny[] = {0};
  const bool at_work = !writable && store::check_store(options, kAny);  // nothing stands in the way but who writes
  options.role = store::Role::reader;
  auto store = store::open_store(options);
  if (!writable && !at_work) {
    findings.push_back({Level::error, "store", writable.error().what, "see maildrop-storage(7) for who may open it"});
  } else if (store) {
    tell_stats(**store, findings, bytes);
  } else if (store.error().code == Code::not_found) {
    findings.push_back({Level::ok, "store", path + " will be made"});
  } else {
    findings.push_back({Level::error, "store", store.error().what, "see maildrop-storage(7)"});
  }
  check_disk(patient, path, bytes, findings);
}

void check_redis(store::OpenOptions options, Findings& findings) {
  options.role = store::Role::writer;
  auto store = store::open_store(options);
  const Result<void> ready = store ? (*store)->ready() : Result<void>(tl::unexpected(store.error()));
  if (!ready) {
    findings.push_back({Level::error, "store", ready.error().what, "see Redis in maildrop-storage(7)"});
    return;
  }
  std::uint64_t bytes = 0;
  tell_stats(**store, findings, bytes);
  for (const std::string& warning : (*store)->warnings())
    findings.push_back({Level::warning, "store", warning, "see the settings of examples/redis.conf"});
}

void check_store(const Patient& patient, Findings& findings) {
  const store::OpenOptions options = store::open_options(patient.config, patient.store_url, patient.clock);
  const std::string_view url = patient.store_url;
  if (url.starts_with("sqlite:")) return check_sqlite(patient, options, findings);
  if (url.starts_with("redis")) return check_redis(options, findings);
  findings.push_back({Level::warning, "store", "memory: forgets all mail when maildrop ends", "for tests only"});
}

// --- names ---

void check_certificates(const Patient& patient, Findings& findings) {
  const Config& config = patient.config;
  const std::string host = effective_hostname(config.smtp);
  if (config.tls.certificates.empty()) {
    if (config.tls.self_signed)
      findings.push_back({Level::warning, "certificates", "tls.self_signed: no client can tell us from somebody else",
                          "get a certificate, and name it in tls.certificates"});
    return;
  }
  if (const auto loaded = service::TlsContext::make(config.tls, host); !loaded)
    return findings.push_back({Level::error, "certificates", loaded.error().what, "the daemon would not start"});
  bool named = false;
  for (const std::string& file : config.tls.certificates) {
    const auto certificate = service::read_certificate(file, host);
    if (!certificate) continue;  // told above
    named = named || certificate->names_host;
    const auto left = std::chrono::duration_cast<std::chrono::hours>(certificate->expires - patient.clock.now());
    const std::string what =
        file + (left.count() < 0 ? " has expired" : " expires in " + std::to_string(left.count() / 24) + " days");
    if (left >= kSoon) {
      findings.push_back({Level::ok, "certificates", what});
    } else {
      findings.push_back({left.count() < 0 ? Level::error : Level::warning, "certificates", what,
                          "renew it, then kill -HUP: no session is dropped"});
    }
  }
  if (!named)
    findings.push_back({Level::warning, "certificates", "none names '" + host + "', which the greeting does",
                        "set smtp.hostname, or get a certificate for it"});
}

void check_names(const Patient& patient, Findings& findings) {
  const std::string host = effective_hostname(patient.config.smtp);
  if (host.starts_with('[') || host == "localhost") return findings.push_back({Level::ok, "names", host});
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (found) ::freeaddrinfo(found);
  if (error == 0) return findings.push_back({Level::ok, "names", host + " has an address"});
  findings.push_back({Level::warning, "names", "'" + host + "' is not found: " + ::gai_strerror(error),
                      "set smtp.hostname to a name with an address: some senders look"});
}

/// Those that the DNS can know: no literals, and not any domain.
void check_dns(const Patient& patient, Findings& findings) {
  const std::string hostname = effective_hostname(patient.config.smtp);
  const std::string host = mail::canonical_domain(hostname).value_or(hostname);
  std::vector<std::string> domains;
  std::vector<dns::Question> questions;
  std::size_t more = 0;
  for (const std::string& domain : patient.config.mail.domains) {
    if (domain == "*" || domain == "localhost" || domain.starts_with('[')) continue;
    const auto question = dns::Question::make(mail::canonical_domain(domain).value_or(domain), dns::Type::mx);
    if (!question) continue;
    if (questions.size() == kMostDomains) {
      ++more;
      continue;
    }
    domains.push_back(domain);
    questions.push_back(*question);
  }
  const auto answers = dns::ask_all(patient.config.dns, questions);
  for (std::size_t i = 0; i < domains.size(); ++i) findings.push_back(judge_mx(domains[i], host, answers[i]));
  if (more > 0) findings.push_back({Level::ok, "dns", std::to_string(more) + " more domains are not asked for"});
}

// --- places ---

/// What somebody named he can renew. Debian's own is years old as it is installed, and nobody chose it.
void check_places(const Patient& patient, Findings& findings) {
  const PlaceFilter& settings = patient.config.filter.place;
  if (settings.mode == FilterUse::Mode::off) return;
  for (const std::string& path : filter::place_files(settings)) {
    const auto database = filter::open_place_file(path);
    if (!database) {
      const bool named = !settings.files.empty();
      findings.push_back({named ? Level::error : Level::warning, "places", database.error().what,
                          named ? "the daemon would not start" : "the daemon goes on without it"});
      continue;
    }
    const Time made = (*database)->made();
    const std::string what = path + " is of " + rfc3339(made).substr(0, std::string_view("2026-01-01").size());
    if (patient.clock.now() - made <= kYear) {
      findings.push_back({Level::ok, "places", what});
    } else if (settings.files.empty()) {
      findings.push_back({Level::ok, "places", what + ": addresses have moved since"});
    } else {
      findings.push_back(
          {Level::warning, "places", what, "addresses move: put a newer one in its place, then kill -HUP"});
    }
  }
}

// --- aliases ---

void check_aliases(const Patient& patient, Findings& findings) {
  if (!patient.config.inbox.has_aliases()) return;
  const auto aliases = mail::Aliases::make(patient.config.inbox);
  if (!aliases)
    return findings.push_back({Level::error, "aliases", aliases.error().what, "the daemon would not start"});
  struct stat file {};
  const std::string& path = patient.alias_key_file;
  if (!path.empty() && ::stat(path.c_str(), &file) == 0 && (file.st_mode & S_IROTH) != 0)
    return findings.push_back({Level::warning, "aliases", "everybody on this machine can read '" + path + "'",
                               "chmod o= it, and put a new key first: whoever has a key can read names in aliases"});
  const std::size_t keys = aliases->keys();
  std::string what = keys == 0 ? std::string() : std::to_string(keys) + (keys == 1 ? " key" : " keys");
  if (aliases->has_classic()) what += std::string(keys == 0 ? "" : ", and ") + "classic ones, which hide nothing";
  findings.push_back({Level::ok, "aliases", std::move(what)});
}

// --- filters ---

void check_filters(const Patient& patient, Findings& findings) {
  const LocalModels models(patient.config, patient.store_url);
  filter::ChainSource source(models.means());
  if (const auto chain = source.make(patient.config); !chain)
    return findings.push_back({Level::error, "filters", chain.error().what, "the daemon would not start"});
  const auto problems = source.problems();
  for (const filter::FileProblem& problem : problems)
    findings.push_back({Level::warning, "filters", problem.file + ": " + problem.what,
                        problem.script.empty() ? "the daemon goes on without it"
                                               : "the daemon goes on without it, or as it was before: mend the file"});
  if (problems.empty())
    findings.push_back({Level::ok, "filters", std::to_string(source.scripts().size()) + " scripts, and no faults"});
}

/// A daemon starts without it, and tells standard error how much is lost.
void check_log(const Patient& patient, Findings& findings) {
  const LogSettings& settings = patient.config.log;
  if (settings.file.empty()) return;
  if (const Result<void> writable = log::check_file(settings); !writable)
    return findings.push_back({Level::warning, "log", writable.error().what,
                               "make its folder, owned by the user that maildrop runs as (LogsDirectory= of a unit)"});
  findings.push_back({Level::ok, "log",
                      settings.file + " and those before it take " +
                          format_size_short(settings.file_size * settings.files) + " at most"});
}

}  // namespace

const std::vector<Check> kChecks = {
    {"ports", check_ports},     {"files", check_files},     {"memory", check_memory},
    {"clock", check_clock},     {"store", check_store},     {"certificates", check_certificates},
    {"names", check_names},     {"dns", check_dns},         {"places", check_places},
    {"aliases", check_aliases}, {"filters", check_filters}, {"log", check_log}};

}  // namespace maildrop::cmd
