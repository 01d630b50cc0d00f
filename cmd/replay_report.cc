/// replay_report.cc: the numbers of a run, for eyes and for programs.
#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "command.h"
#include "core/aligned.h"
#include "core/text.h"
#include "json_line.h"
#include "progress.h"
#include "replay.h"
#include "replay/labels.h"

namespace maildrop::cmd {
namespace {

std::string fixed(double number, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, number);
  return text.data();
}

double per_second(double number, double seconds) { return number / std::max(seconds, 0.001); }

double rounded(double number) { return static_cast<double>(static_cast<std::int64_t>(number * 1000 + 0.5)) / 1000; }

constexpr std::size_t kLabel = 12, kNumber = 12;

std::string latency_row(const char* label, const replay::Latencies& latencies) {
  std::string out = aligned(label, kLabel);
  for (const double part : {0.5, 0.9, 0.99})
    out += aligned(fixed(latencies.percentile(part), 2), kNumber, Align::right);
  return out + aligned(fixed(latencies.max(), 2), kNumber, Align::right) + "\n";
}

Json latency_json(const replay::Latencies& latencies) {
  Json out;
  out["count"] = latencies.count();
  out["p50"] = rounded(latencies.percentile(0.5));
  out["p90"] = rounded(latencies.percentile(0.9));
  out["p99"] = rounded(latencies.percentile(0.99));
  out["max"] = rounded(latencies.max());
  return out;
}

using NamedCount = std::pair<const char*, std::uint64_t replay::Tally::*>;

/// In words and as they are told in JSON.
constexpr NamedCount kCounts[] = {
    {"accepted", &replay::Tally::accepted}, {"deferred", &replay::Tally::deferred},
    {"refused", &replay::Tally::refused},   {"lost", &replay::Tally::lost},
    {"broken", &replay::Tally::broken},     {"unsent", &replay::Tally::unsent},
};

constexpr replay::Label kTold[] = {replay::Label::spam, replay::Label::ham};

}  // namespace

int replay_status(const replay::Tally& tally, const ReplayEnd& end) {
  if (end.interrupted) return exit_interrupted;
  if (end.error) return exit_for(*end.error);
  if (tally.connections == 0 && tally.connection_failures > 0) return exit_unavailable;
  if (tally.broken > 0 && tally.broken == tally.read()) return exit_data;
  if (tally.deferred + tally.lost + tally.unsent > 0) return exit_try_again;
  return tally.refused + tally.broken > 0 ? exit_nothing : exit_ok;
}

std::string replay_progress(const replay::Tally& tally, double seconds) {
  std::string out = with_commas(tally.accepted) + " accepted";
  if (const auto not_taken = tally.read() - tally.accepted) out += ", " + with_commas(not_taken) + " not";
  if (tally.retries > 0) out += ", " + with_commas(tally.retries) + " tried again";
  return out + ", " + fixed(per_second(static_cast<double>(tally.accepted), seconds), 0) + " a second";
}

std::string replay_report(const replay::Tally& tally, const ReplayEnd& end, const std::string& to) {
  const auto accepted = static_cast<double>(tally.accepted), bytes = static_cast<double>(tally.bytes);
  std::string out = plural(tally.read(), "message", "messages") + " to " + terminal_safe(to) + " in " +
                    fixed(end.seconds, 1) + " s: " + fixed(per_second(accepted, end.seconds), 1) + " messages/s, " +
                    fixed(per_second(bytes, end.seconds) / 1e6, 2) + " MB/s\n\n";
  for (const auto& [label, count] : kCounts) {
    if (tally.*count > 0 || count == &replay::Tally::accepted)
      out += aligned(label, kLabel) + aligned(with_commas(tally.*count), kNumber, Align::right) + "\n";
  }
  for (const replay::Label label : kTold)
    if (const auto count = tally.labelled(label))
      out += aligned(std::string(name_of(label)), kLabel) + aligned(with_commas(count), kNumber, Align::right) + "\n";
  out += aligned("tried again", kLabel) + aligned(with_commas(tally.retries), kNumber, Align::right) + "\n";
  out += aligned("connections", kLabel) + aligned(with_commas(tally.connections), kNumber, Align::right);
  if (tally.connection_failures > 0) out += "  and " + with_commas(tally.connection_failures) + " that failed";
  out += "\n\n" + aligned("ms", kLabel);
  for (const char* title : {"p50", "p90", "p99", "max"}) out += aligned(title, kNumber, Align::right);
  out += "\n" + latency_row("connect", tally.connect) + latency_row("message", tally.message);
  if (tally.replies.empty()) return out;
  out += "\nreplies, one for each recipient\n";
  for (const auto& [text, count] : tally.replies)
    out += aligned(with_commas(count), kNumber, Align::right) + "  " + text + "\n";
  if (tally.other_replies > 0) out += aligned(with_commas(tally.other_replies), kNumber, Align::right) + "  others\n";
  return out;
}

std::string replay_json(const replay::Tally& tally, const ReplayEnd& end, const std::string& to) {
  Json out;
  out["schema"] = "maildrop.replayed/1";
  out["to"] = valid_utf8(to);
  out["messages"] = tally.read();
  for (const auto& [label, count] : kCounts) out[label] = tally.*count;
  for (const replay::Label label : kTold) out["labels"][std::string(name_of(label))] = tally.labelled(label);
  out["recipients"] = tally.recipients;
  out["bytes"] = tally.bytes;
  out["tries"] = tally.tries;
  out["retries"] = tally.retries;
  out["connections"] = tally.connections;
  out["connection_failures"] = tally.connection_failures;
  out["seconds"] = rounded(end.seconds);
  out["messages_per_second"] = rounded(per_second(static_cast<double>(tally.accepted), end.seconds));
  out["bytes_per_second"] = rounded(per_second(static_cast<double>(tally.bytes), end.seconds));
  out["connect_ms"] = latency_json(tally.connect);
  out["message_ms"] = latency_json(tally.message);
  out["replies"] = Json::object();
  for (const auto& [text, count] : tally.replies) out["replies"][text] = count;
  out["other_replies"] = tally.other_replies;
  out["troubles"] = Json::array();
  for (const auto& [name, what] : tally.troubles)
    out["troubles"].push_back(
        Json{{"name", name.empty() ? Json() : Json(valid_utf8(name))}, {"what", valid_utf8(what)}});
  out["more_troubles"] = tally.more_troubles;
  out["unmatched"] = end.unmatched;
  out["interrupted"] = end.interrupted;
  out["server_gone"] = end.server_gone;
  out["error"] = end.error ? Json(valid_utf8(end.error->what)) : Json();
  return json_line(out);
}

std::string replay_troubles(const replay::Tally& tally, const ReplayEnd& end) {
  const auto line = [](const std::string& text) { return "maildrop: " + text + "\n"; };
  const auto more = [&line](std::uint64_t count) { return line("... and " + with_commas(count) + " more"); };
  std::string out;
  for (const auto& [name, what] : tally.troubles) out += line(terminal_safe(name.empty() ? what : name + ": " + what));
  if (tally.more_troubles > 0) out += more(tally.more_troubles);
  for (const std::string& name : end.unmatched_names)
    out += line("the manifest names '" + terminal_safe(name) + "', and there is no such message");
  if (end.unmatched > end.unmatched_names.size()) out += more(end.unmatched - end.unmatched_names.size());
  return out;
}

}  // namespace maildrop::cmd
