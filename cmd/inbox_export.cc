/// inbox_export.cc: maildrop inbox NAME --export=FORMAT.
#include <unistd.h>

#include <algorithm>
#include <unordered_set>

#include "command.h"
#include "core/text.h"
#include "export_target.h"
#include "inbox_run.h"
#include "json_line.h"
#include "progress.h"

namespace maildrop::cmd {
namespace {

std::string describe(const ExportCount& count, const std::string& to) {
  std::string text = plural(count.written, "message", "messages") + " exported";
  if (!to.empty()) text += " to '" + to + "'";
  if (count.already_there > 0) text += ", " + with_commas(count.already_there) + " already there";
  return text;
}

Result<void> interrupted_after(const ExportCount& count) {
  return fail(Code::unavailable, "interrupted after " + describe(count, ""));
}

std::string json_exported(const std::string& inbox, const std::string& format, const std::string& path,
                          const ExportCount& count) {
  Json out;
  out["schema"] = "maildrop.exported/1";
  out["inbox"] = valid_utf8(inbox);
  out["format"] = format;
  out["output"] = valid_utf8(path);
  out["exported"] = count.written;
  out["already_there"] = count.already_there;
  out["bytes"] = count.bytes;
  return json_line(out);
}

}  // namespace

/// Those of `all` (newest first) that the options mean, oldest first, none twice. invalid when an id makes no sense.
Result<Summaries> InboxRun::to_export(Summaries all) const {
  if (options_.limit && *options_.limit < all.size()) all.erase(all.begin() + *options_.limit, all.end());
  if (!options_.ids.empty()) {
    std::unordered_set<std::string> wanted;
    for (const store::Summary& each : TRY(chosen(all))) wanted.insert(each.id.text());
    std::erase_if(all, [&wanted](const store::Summary& each) { return !wanted.contains(each.id.text()); });
  }
  std::reverse(all.begin(), all.end());
  return all;
}

Result<ExportCount> InboxRun::export_all(const Summaries& wanted, const std::string& path) {
  const auto or_end_with = [this](int status, auto result) {
    if (!result) failed_ = status;
    return result;
  };
  std::unique_ptr<ExportTarget> target;  // made for the first message: an empty one is never made
  ExportCount count;
  for (const store::Summary& each : wanted) {
    if (target && was_interrupted()) TRY(or_end_with(exit_interrupted, interrupted_after(count)));
    const auto message = source_.inboxes->get(source_.inbox, each.id);
    if (!message && message.error().code == Code::not_found) continue;  // removed in between
    if (!message) return tl::unexpected(message.error());
    if (!target) {
      if (!path.empty()) listen_to_signals();  // from here on an end is between two messages, so that no half stays
      target = TRY(or_end_with(exit_cannot_create, open_export(options_.export_format, path, output_, options_.force)));
    }
    const bool written = TRY(or_end_with(exit_io, target->add(*message)));
    ++(written ? count.written : count.already_there);
    if (written) count.bytes += message->data.size();
  }
  if (target) TRY(or_end_with(exit_io, target->finish()));
  return count;
}

Result<int> InboxRun::export_messages() {
  const std::string path = options_.output == "-" ? "" : options_.output;
  Summaries all = TRY(messages());
  if (all.empty() && options_.ids.empty()) return tell_empty();
  const auto wanted = to_export(std::move(all));
  if (!wanted) return usage_error("inbox", wanted.error().what);
  const ExportCount count = TRY(export_all(*wanted, path));
  if (count.written + count.already_there == 0) return exit_nothing;
  const auto told = options_.json
                        ? print(output_, json_exported(source_.inbox.name(), options_.export_format, path, count))
                        : print(STDERR_FILENO, terminal_safe(describe(count, path)) + "\n");
  if (!told) failed_ = exit_io;
  TRY(told);
  return exit_ok;
}

}  // namespace maildrop::cmd
