/// inbox_show.cc: one message, as people, scripts and other mail programs want it.
#include "api/verdicts.h"
#include "core/text.h"
#include "inbox.h"
#include "json_line.h"
#include "mail/attachments.h"
#include "mail/headers.h"
#include "mail/message.h"
#include "mail/words.h"
#include "show_trace.h"

namespace maildrop::cmd {
namespace {

std::string with_newline(std::string text) {
  if (text.empty() || text.back() != '\n') text += '\n';
  return text;
}

std::string text_of(const std::string& data) { return with_newline(terminal_safe(mail::text_of(data), Lines::many)); }

std::string headers_of(const std::string& data) {
  const std::size_t body = mail::scan_headers(data).body;
  std::string text = terminal_safe(std::string_view(data).substr(0, body), Lines::many);
  while (text.size() > 1 && text.substr(text.size() - 2) == "\n\n") text.pop_back();  // the empty line
  return with_newline(std::move(text));
}

/// `quarantine, score 7.5`; empty where nobody judged it.
std::string judgement_of(const store::Summary& summary) {
  if (summary.mark == store::Mark::none && !summary.score) return "";
  return std::string(name_of(summary.mark)) + (summary.score ? ", score " + format_number(*summary.score) : "");
}

std::string for_reading(const store::Message& message, const Screen& screen) {
  const store::Summary& summary = message.summary;
  const auto field = [&screen](std::string_view name, std::string_view value) {
    return screen.bold(name) + " " + terminal_safe(value) + "\n";
  };
  const std::string_view note = mail::removal_note(message.data);
  const std::string judgement = judgement_of(summary);
  return field("From:", sender_of(summary)) + field("To:", summary.to) + field("Subject:", summary.subject) +
         field("Date:", rfc5322(summary.date.value_or(summary.received))) + field("Id:", summary.id.text()) +
         (judgement.empty() ? std::string() : field("Mark:", judgement)) +
         (note.empty() ? std::string() : field("Attachments:", note)) + "\n" + text_of(message.data);
}

Json json_headers(const std::string& data) {
  Json out = Json::array();
  for (const mail::HeaderField& field : mail::scan_headers(data).fields) {
    out.push_back({{"name", valid_utf8(field.name)}, {"value", mail::decode_header(field.value)}});
  }
  return out;
}

std::string verdicts_of(const std::string& verdicts, const Screen& screen) {
  const auto trace = filter::parse_trace(verdicts);
  return trace ? show_trace(*trace, screen) : trace.error().what + "\n";
}

/// null where nobody judged it, or what was kept is damaged.
Json json_verdicts(const std::string& verdicts) {
  const auto trace = filter::parse_trace(verdicts);
  return trace ? api::to_json(*trace) : Json();
}

std::string json_line_of_verdicts(const std::string& inbox, const store::Message& message) {
  Json out;
  out["schema"] = "maildrop.verdicts/1";
  out["inbox"] = valid_utf8(inbox);
  out["id"] = message.summary.id.text();
  const Json verdicts = json_verdicts(message.verdicts);
  if (verdicts.is_object()) out.update(verdicts);
  return json_line(out);
}

}  // namespace

std::string show(Form form, const std::string& inbox, const store::Message& message, const Screen& screen) {
  switch (form) {
    case Form::raw: return message.data;
    case Form::headers: return headers_of(message.data);
    case Form::text: return text_of(message.data);
    case Form::transcript: return terminal_safe(message.transcript, Lines::many);
    case Form::verdicts: return verdicts_of(message.verdicts, screen);
    case Form::json_verdicts: return json_line_of_verdicts(inbox, message);
    case Form::json: return json_message(inbox, message.summary, &message);
    case Form::screen: break;
  }
  return for_reading(message, screen);
}

std::string json_message(const std::string& inbox, const store::Summary& summary, const store::Message* whole) {
  Json out;
  out["schema"] = "maildrop.message/1";
  out["inbox"] = valid_utf8(inbox);
  out["id"] = summary.id.text();
  out["received"] = rfc3339(summary.received);
  out["from"] = valid_utf8(summary.from);
  out["to"] = valid_utf8(summary.to);
  out["header_from"] = valid_utf8(summary.header_from);
  out["subject"] = valid_utf8(summary.subject);
  out["date"] = summary.date ? Json(rfc3339(*summary.date)) : Json();
  out["size"] = summary.size;
  out["helo"] = valid_utf8(summary.helo);
  out["peer"] = valid_utf8(summary.peer);
  out["tls"] = valid_utf8(summary.tls);
  out["mark"] = name_of(summary.mark);
  out["score"] = api::json_number(summary.score);
  if (whole != nullptr) {
    out["headers"] = json_headers(whole->data);
    out["text"] = valid_utf8(mail::text_of(whole->data));
    out["verdicts"] = json_verdicts(whole->verdicts);
  }
  return json_line(out);
}

std::string json_deleted(const std::string& inbox, const store::MessageId& id) {
  Json out;
  out["schema"] = "maildrop.deleted/1";
  out["inbox"] = valid_utf8(inbox);
  out["id"] = id.text();
  return json_line(out);
}

}  // namespace maildrop::cmd
