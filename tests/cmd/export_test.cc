/// export_test.cc: maildrop inbox --export: what is written where, once, and what a failure leaves.
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "bench.h"
#include "command.h"
#include "export_target.h"
#include "mail/line_ends.h"
#include "mail/mbox.h"
#include "replay/sources.h"

namespace maildrop::cmd {
namespace {

using test::Bench;

std::optional<std::set<std::string>> synced;  // what fsync() was called for, while a test wants to know

std::string bytes_in(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::set<std::string> files_in(const std::string& folder) {
  std::set<std::string> names;
  for (const auto& each : std::filesystem::directory_iterator(folder)) names.insert(each.path().filename().string());
  return names;
}

unsigned mode_of(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? status.st_mode & 0777u : 0;
}

InboxOptions exporting(const std::string& format, const std::string& output = "") {
  InboxOptions options;
  options.export_format = format;
  options.output = output;
  return options;
}

/// As it must be written: oldest first.
std::string stored(Bench& bench, std::size_t which) {
  return bench.store->get(bench.source.inbox, store::MessageId::trusted(bench.ids[which]))->data;
}

const std::string kTo = "X-Envelope-To: bob@example.org\r\n";

std::string as_mbox(Bench& bench, std::size_t which) {
  const Time received = from_millis(1'700'000'000'000 + static_cast<std::int64_t>(which) * 1000);
  return mail::mboxrd(kTo + stored(bench, which), {"a@example.com", received});
}

std::string maildir_name(const Bench& bench, std::size_t which) {
  return std::to_string(1'700'000'000 + which) + ".m" + bench.ids[which] + ".maildrop";
}

/// With the trace fields and forgeries of a real delivery.
void deliver_for_eve(Bench& bench) {
  store::Delivery delivery;
  delivery.data =
      "Return-Path: <a@example.com>\r\nReceived: from a ([192.0.2.1]) by b; Tue, 14 Nov 2023 22:13:20 +0000\r\n"
      "X-Envelope-To: eve@example.org\r\nDelivered-To: eve@example.org\r\n\r\nFrom here\r\n";
  delivery.summary.id = store::MessageId::make(bench.clock.now());
  delivery.summary.received = bench.clock.now();
  delivery.summary.size = delivery.data.size();
  delivery.targets.push_back({bench.source.inbox, "bob@example.org"});
  bench.ids.push_back(bench.store->put({&delivery, 1}).front()->text());
}

TEST_CASE("export: an mbox, oldest first, in a private file or on standard output") {
  Bench bench;
  const test::Folder folder;
  const std::string path = folder / "bob.mbox";
  const std::string all = as_mbox(bench, 0) + as_mbox(bench, 1) + as_mbox(bench, 2);
  CHECK_THAT(all, Catch::StartsWith("From a@example.com Tue Nov 14 22:13:20 2023\nX-Envelope-To: bob@example.org\n"));

  const test::Outcome outcome = bench.run(exporting("mbox", path));
  CHECK(outcome.status == 0);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "3 messages exported to '" + path + "'\n");
  CHECK(bytes_in(path) == all);
  CHECK(mode_of(path) == 0600);

  const test::Outcome again = bench.run(exporting("mbox", path));
  CHECK(again.status == 73);
  CHECK_THAT(again.err, Catch::Contains("--force"));
  CHECK(bytes_in(path) == all);
  InboxOptions options = exporting("mbox", path);
  options.force = true;
  options.limit = 1;
  CHECK(bench.run(options).err == "1 message exported to '" + path + "'\n");
  CHECK(bytes_in(path) == as_mbox(bench, 2));

  CHECK(bench.run(exporting("mbox")).out == all);
  CHECK(bench.run(exporting("mbox", "-")).err == "3 messages exported\n");
}

TEST_CASE("export: those that are meant, none twice") {
  Bench bench;
  InboxOptions options = exporting("mbox");
  options.ids = {"1", "latest", "3", bench.ids[2]};
  CHECK(bench.run(options).out == as_mbox(bench, 0) + as_mbox(bench, 2));
  options.ids = {"2", "9"};
  const test::Outcome some = bench.run(options);
  CHECK(some.status == 0);
  CHECK(some.out == as_mbox(bench, 1));
  CHECK_THAT(some.err, Catch::Contains("no message '9'"));
  options.ids = {"9"};
  CHECK(bench.run(options).status == 1);
  options.ids = {"1", "no such thing!"};
  const test::Outcome wrong = bench.run(options);
  CHECK(wrong.status == 64);
  CHECK(wrong.out.empty());
  options.ids = {};
  options.grep = "^two";
  CHECK(bench.run(options).out == as_mbox(bench, 1));
  options.grep = "none";
  CHECK(bench.run(options).status == 1);
}

TEST_CASE("export: eml files are the stored bytes, and those that are there stay") {
  Bench bench;
  const test::Folder folder;
  const std::string path = folder / "mail";
  CHECK(bench.run(exporting("eml", path)).err == "3 messages exported to '" + path + "'\n");
  CHECK(mode_of(path) == 0700);
  CHECK(files_in(path) == std::set<std::string>{bench.ids[0] + ".eml", bench.ids[1] + ".eml", bench.ids[2] + ".eml"});
  const std::string one = path + "/" + bench.ids[0] + ".eml";
  CHECK(bytes_in(one) == stored(bench, 0));
  CHECK(mode_of(one) == 0600);

  std::ofstream(one) << "changed";
  test::deliver(*bench.store, bench.clock, "four");
  CHECK(bench.run(exporting("eml", path)).err == "1 message exported to '" + path + "', 3 already there\n");
  CHECK(bytes_in(one) == "changed");
  InboxOptions options = exporting("eml", path);
  options.force = true;
  CHECK(bench.run(options).err == "4 messages exported to '" + path + "'\n");
  CHECK(bytes_in(one) == stored(bench, 0));
}

TEST_CASE("export: a Maildir, where nothing comes twice") {
  Bench bench;
  const test::Folder folder;
  const std::string path = folder / "Mail";
  CHECK(bench.run(exporting("maildir", path)).status == 0);
  for (const char* const sub : {"", "/tmp", "/new", "/cur"}) CHECK(mode_of(path + sub) == 0700);
  CHECK(files_in(path + "/tmp").empty());
  const std::string name = maildir_name(bench, 0);
  CHECK(files_in(path + "/new") == std::set<std::string>{name, maildir_name(bench, 1), maildir_name(bench, 2)});
  CHECK(bytes_in(path + "/new/" + name) == mail::to_lf(kTo + stored(bench, 0)));
  CHECK(mode_of(path + "/new/" + name) == 0600);
  struct stat status {};
  REQUIRE(::stat((path + "/new/" + name).c_str(), &status) == 0);
  CHECK(status.st_mtime == 1'700'000'000);

  std::filesystem::rename(path + "/new/" + name, path + "/cur/" + name + ":2,FS");  // somebody read it
  std::filesystem::remove(path + "/new/" + maildir_name(bench, 1));
  CHECK(bench.run(exporting("maildir", path)).err == "1 message exported to '" + path + "', 2 already there\n");
  CHECK(files_in(path + "/new").size() == 2);
  CHECK(bench.run(exporting("maildir", path)).status == 0);  // all are there: nothing is wrong
}

TEST_CASE("export: what is read again is for the same inbox, though the sender says otherwise") {
  Bench bench;
  deliver_for_eve(bench);
  const test::Folder folder;
  for (const char* const format : {"mbox", "maildir"}) {
    bench.run(exporting(format, folder / format));
    const auto source = replay::open_source(folder / format);
    REQUIRE(source);
    std::size_t count = 0;
    while (const auto sample = (*source)->next()) {
      REQUIRE(*sample);
      CHECK((*sample)->envelope.to == std::vector<std::string>{"bob@example.org"});
      CHECK((*sample)->data == kTo + stored(bench, count++));
    }
    CHECK(count == bench.ids.size());
  }
}

TEST_CASE("export: --json tells what was done") {
  Bench bench;
  const test::Folder folder;
  InboxOptions options = exporting("maildir", folder / "Mail");
  options.json = true;
  options.limit = 2;
  bench.run(options);
  options.limit.reset();
  const test::Outcome outcome = bench.run(options);
  CHECK(outcome.err.empty());
  CHECK(outcome.out ==
        "{\"schema\":\"maildrop.exported/1\",\"inbox\":\"bob\",\"format\":\"maildir\",\"output\":\"" + options.output +
            "\",\"exported\":1,\"already_there\":2,\"bytes\":" + std::to_string(stored(bench, 0).size()) + "}\n");
}

/// Loses a message to somebody else before it is read.
class Losing final : public store::Inboxes {
 public:
  Losing(std::unique_ptr<store::Inboxes> inner, std::set<std::string> lost)
      : inner_(std::move(inner)), lost_(std::move(lost)) {}
  Result<std::vector<store::Summary>> list(const mail::Inbox& inbox, const store::Query& query) override {
    return inner_->list(inbox, query);
  }
  Result<store::Message> get(const mail::Inbox& inbox, const store::MessageId& id) override {
    if (lost_.contains(id.text())) return fail(Code::not_found, "gone");
    auto message = inner_->get(inbox, id);
    message->summary.to = "bob@example.org\r\nX-Envelope-To: eve@example.org";  // as a hostile server might
    return message;
  }
  Result<bool> remove(const mail::Inbox& inbox, const store::MessageId& id) override {
    return inner_->remove(inbox, id);
  }

 private:
  std::unique_ptr<store::Inboxes> inner_;
  std::set<std::string> lost_;
};

TEST_CASE("export: what vanishes is passed over, and no server writes a second field") {
  Bench bench;
  bench.source.inboxes = std::make_unique<Losing>(std::move(bench.source.inboxes), std::set{bench.ids[1]});
  const test::Outcome outcome = bench.run(exporting("mbox"));
  CHECK(outcome.err == "2 messages exported\n");
  CHECK_THAT(outcome.out, !Catch::Contains("Subject: two"));
  CHECK_THAT(outcome.out, Catch::Contains("\nX-Envelope-To: bob@example.org??X-Envelope-To: eve@example.org\n"));

  const test::Folder folder;
  bench.source.inboxes =
      std::make_unique<Losing>(std::move(bench.source.inboxes), std::set(bench.ids.begin(), bench.ids.end()));
  CHECK(bench.run(exporting("mbox", folder / "none")).status == 1);
  CHECK_FALSE(std::filesystem::exists(folder / "none"));
}

TEST_CASE("export: an empty inbox makes nothing") {
  Bench bench;
  for (const std::string& id : bench.ids)
    bench.store->remove(bench.source.inbox, store::MessageId::trusted(id)).value();
  const test::Folder folder;
  for (const std::string& format : kExportFormats) {
    const test::Outcome outcome = bench.run(exporting(format, folder / format));
    CHECK(outcome.status == 1);
    CHECK_THAT(outcome.err, Catch::Contains("no messages in 'bob'"));
    CHECK_FALSE(std::filesystem::exists(folder / format));
  }
}

TEST_CASE("export: a place that cannot be made is 73") {
  Bench bench;
  const test::Folder folder;
  const std::string file = folder / "file";
  std::ofstream(file) << "x";
  for (const std::string& format : kExportFormats) {
    CHECK(bench.run(exporting(format, folder / "no/such/folder")).status == 73);
    CHECK(bench.run(exporting(format, file)).status == 73);
  }
  CHECK(bytes_in(file) == "x");
  InboxOptions options = exporting("mbox", folder / "pipe");
  REQUIRE(::mkfifo(options.output.c_str(), 0600) == 0);
  options.force = true;
  const test::Outcome special = bench.run(options);
  CHECK(special.status == 73);
  CHECK_THAT(special.err, Catch::Contains("/pipe' is no file"));
}

/// With files of at most so many bytes (a signal is sent for more, which is ignored here).
class FileLimit {
 public:
  explicit FileLimit(rlim_t bytes);
  ~FileLimit();
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;

 private:
  rlimit before_{};
  void (*signal_)(int);
};

FileLimit::FileLimit(rlim_t bytes) : signal_(::signal(SIGXFSZ, SIG_IGN)) {
  ::getrlimit(RLIMIT_FSIZE, &before_);
  const rlimit limit{bytes, before_.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

FileLimit::~FileLimit() {
  ::setrlimit(RLIMIT_FSIZE, &before_);
  ::signal(SIGXFSZ, signal_);
}

TEST_CASE("export: a failure leaves no half of a file") {
  Bench bench;
  test::deliver(*bench.store, bench.clock, "large", std::string(100'000, 'x') + "\r\n");
  const test::Folder folder;
  for (const std::string& format : kExportFormats) {
    test::Outcome outcome{};
    {
      const FileLimit limit(50'000);
      outcome = bench.run(exporting(format, folder / format));
    }
    CAPTURE(format, outcome.err);
    CHECK(outcome.status == 74);
    CHECK_THAT(outcome.err, Catch::Contains("cannot write '" + (folder / format)));
  }
  CHECK_FALSE(std::filesystem::exists(folder / "mbox"));
  CHECK(files_in(folder / "eml").size() == 3);  // those before it are whole
  CHECK(files_in(folder / "maildir/new").size() == 3);
  CHECK(files_in(folder / "maildir/tmp").empty());
}

TEST_CASE("export: a file that is replaced is there until the new one is whole") {
  Bench bench;
  test::deliver(*bench.store, bench.clock, "large", std::string(100'000, 'x') + "\r\n");
  const test::Folder folder;
  InboxOptions options = exporting("mbox", folder / "bob.mbox");
  options.force = true;
  std::ofstream(options.output) << "the good one";
  {
    const FileLimit limit(50'000);
    CHECK(bench.run(options).status == 74);
  }
  CHECK(bytes_in(options.output) == "the good one");
  CHECK(files_in(folder / "") == std::set<std::string>{"bob.mbox"});
}

TEST_CASE("export: folders that were made, and their names in those above, outlive a crash") {
  Bench bench;
  const test::Folder folder;
  const std::string above = std::filesystem::canonical(folder / "");
  const auto synced_by = [&](const std::string& format) {
    synced.emplace();
    CHECK(bench.run(exporting(format, above + "/" + format)).status == 0);
    return *std::exchange(synced, std::nullopt);
  };
  const std::string maildir = above + "/maildir";
  const std::set<std::string> of_maildir = synced_by("maildir");
  CHECK(of_maildir.contains(above));
  CHECK(of_maildir.contains(maildir));
  CHECK(of_maildir.contains(maildir + "/new"));
  CHECK(of_maildir.size() == 3 + bench.ids.size());
  const std::set<std::string> of_eml = synced_by("eml");
  CHECK(of_eml.contains(above));
  CHECK(of_eml.contains(above + "/eml"));
  CHECK(of_eml.size() == 2 + bench.ids.size());
  const std::set<std::string> of_mbox = synced_by("mbox");
  CHECK(of_mbox.contains(above));
  CHECK(of_mbox.size() == 2);
  CHECK(synced_by("maildir") == std::set<std::string>{maildir + "/new"});  // nothing new
}

TEST_CASE("export: what makes no sense together is said before anything is opened") {
  const std::vector<std::vector<std::string>> wrong = {
      {"--export=tar"},
      {"--export=eml"},
      {"--export=maildir", "-o", "-"},
      {"--export=mbox", "--raw"},
      {"--export=mbox", "--text"},
      {"--export=mbox", "--delete", "1"},
      {"--export=mbox", "--follow"},
      {"--export=mbox", "--wait"},
      {"--export=mbox", "--json"},
      {"--export=mbox", "-n", "1", "latest"},
      {"--export=maildir", "-o", "x", "--force"},
  };
  for (std::vector<std::string> arguments : wrong) {
    CAPTURE(arguments);
    arguments.insert(arguments.begin(), {"--set", "store.url=sqlite:/nowhere/mail.db", "inbox", "bob"});
    const test::Capture err(2);
    Tree tree;
    build(tree);
    const auto status = parse(tree, arguments);
    CHECK((status ? *status : tree.chosen()) == 64);
  }
}

}  // namespace
}  // namespace maildrop::cmd

/// In the place of the system's.
int fsync(int fd) {
  if (maildrop::cmd::synced) {
    maildrop::cmd::synced->insert(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)).string());
  }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
