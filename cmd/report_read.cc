/// report_read.cc: what all reports share: lines of files, of standard input, or of a stream; options; and output.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "command.h"
#include "core/descriptor.h"
#include "core/file_error.h"
#include "core/text.h"
#include "report.h"
#include "report/redis_stream.h"
#include "terminal.h"
#include "whole_file.h"

namespace maildrop::cmd {

namespace {

constexpr std::size_t kLongestLine = 1u << 20;  // a decision has 64 KiB at most

/// Bytes in pieces, lines out; one that is too long is broken.
class DecisionLines {
 public:
  DecisionLines(const EachDecision& each, ReportsRead& read) : each_(each), read_(read) {}

  void add(std::string_view bytes) {
    for (std::size_t end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      append(bytes.substr(0, end));
      ended();
      bytes.remove_prefix(end + 1);
    }
    append(bytes);
  }
  /// The last one may have no end: it is being written.
  void finish() {
    if (!line_.empty() || too_long_) ended();
  }

 private:
  void append(std::string_view bytes) {
    too_long_ |= line_.size() + bytes.size() > kLongestLine;
    if (too_long_)
      line_.clear();
    else
      line_ += bytes;
  }

  void ended() {
    if (!line_.empty() || too_long_) {
      ++read_.lines;
      if (too_long_ || !each_(line_)) ++read_.broken;
    }
    line_.clear();
    too_long_ = false;
  }

  const EachDecision& each_;
  ReportsRead& read_;
  std::string line_;
  bool too_long_ = false;
};

/// A file that somebody named.
Result<FileDescriptor> open_file(const std::string& path) {
  FileDescriptor file(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file && errno == ENOENT) return fail(Code::not_found, "there is no file '" + path + "'");
  if (!file) return tl::unexpected(file_error("open", path, errno));
  return file;
}

Result<void> read_file(const FileDescriptor& file, const EachDecision& each, ReportsRead& read) {
  DecisionLines lines(each, read);
  std::string buffer(64 * 1024, '\0');
  for (;;) {
    const ssize_t n = ::read(file.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Code::unavailable, std::string("cannot read: ") + std::strerror(errno));
    if (n == 0) break;
    lines.add(std::string_view(buffer).substr(0, static_cast<std::size_t>(n)));
  }
  lines.finish();
  return {};
}

/// Those of report.file that are there, the oldest first. All are open before one is read, and from the newest on: what
/// is moved aside meanwhile is met twice, and not missed.
Result<std::vector<FileDescriptor>> open_reports(const ReportSettings& settings) {
  std::vector<FileDescriptor> files;
  std::set<std::pair<dev_t, ino_t>> known;
  for (unsigned number = 0; number < settings.files; ++number) {
    const std::string path = settings.file + (number == 0 ? "" : "." + std::to_string(number));
    Result<FileDescriptor> file = open_file(path);
    if (!file && file.error().code == Code::not_found) continue;
    if (!file) return tl::unexpected(file.error());
    struct stat found {};
    if (::fstat(file->get(), &found) != 0 || !known.emplace(found.st_dev, found.st_ino).second) continue;
    files.push_back(std::move(*file));
  }
  std::reverse(files.begin(), files.end());
  return files;
}

}  // namespace

Result<ReportsRead> read_reports(const Config& config, const std::vector<std::string>& files, Time since,
                                 const EachDecision& each) {
  ReportsRead read;
  std::vector<FileDescriptor> opened;
  for (const std::string& path : files) opened.push_back(TRY(open_file(path)));
  const bool by_file = files.empty() && !config.report.file.empty();
  if (by_file) opened = TRY(open_reports(config.report));
  for (const FileDescriptor& file : opened) TRY(read_file(file, each, read));
  if (by_file || !files.empty()) return read;
  if (config.report.redis.empty())
    return fail(Code::invalid, "no FILE is given, and neither report.file nor report.redis is set");
  TRY(report::read_stream(config.report, config.redis, since, [&](std::string_view decision) {
    ++read.lines;
    if (!each(decision)) ++read.broken;
  }));
  return read;
}

tl::expected<void, int> read_sightings(const Config& config, const ReportWords& words, Time now,
                                       const EachSighting& each) {
  const Time since = now - *parse_duration(words.since);
  return read_decisions(config, words, since, [&](std::string_view line) {
    const Result<report::Sighting> sighting = report::Sighting::parse(line);
    if (sighting && sighting->time >= since) each(*sighting);
    return sighting.has_value();
  });
}

tl::expected<void, int> read_decisions(const Config& config, const ReportWords& words, Time since,
                                       const EachDecision& each) {
  const auto found = read_reports(config, words.files, since, each);
  if (!found && found.error().code == Code::invalid)
    return tl::unexpected<int>(usage_error("report", found.error().what));
  if (!found) return tl::unexpected<int>(report(found.error()));
  if (found->broken > 0)
    report({Code::corrupt,
            std::to_string(found->broken) + " of " + std::to_string(found->lines) + " lines are no decisions"});
  if (found->broken > 0 && found->broken == found->lines) return tl::unexpected<int>(exit_data);
  return {};
}

Result<void> write_report(const ReportWords& words, const std::string& text) {
  const std::string& path = words.output;
  if (path.empty() || path == "-") return print(1, text);
  WholeFile file = TRY(WholeFile::open(path, true));
  TRY(print(file.fd(), text, "'" + path + "'"));
  ::fchmod(file.fd(), 0644);
  return file.commit();
}

CLI::Option* report_duration(CLI::Option* option) {
  const auto check = [](std::string& value) {
    const auto parsed = parse_duration(value);
    if (!parsed) return parsed.error().what;
    return parsed->count() > 0 ? std::string() : "it must be more than nothing";
  };
  return option->type_name("DURATION")->check(CLI::Validator(check, ""));
}

void add_files(CLI::App& app, ReportWords& words) {
  app.add_option("FILE", words.files,
                 "Reports, as report.file has them; - is standard input. Without one, all of report.file, or the "
                 "stream of report.redis.");
}

void add_since(CLI::App& app, ReportWords& words) {
  report_duration(app.add_option("--since", words.since, "Only decisions that are no older; 30d, if not given."));
}

void add_bounds(CLI::App& app, ReportWords& words, const std::string& limit) {
  app.add_option("--limit", words.limit, limit)
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, std::size_t{10'000'000}).description(""));
  add_output(app, words);
}

void add_output(CLI::App& app, ReportWords& words) {
  app.add_option("-o,--output", words.output, "Write to FILE, which is replaced at once and whole.")->type_name("FILE");
}

}  // namespace maildrop::cmd
