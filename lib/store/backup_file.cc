/// backup_file.cc: a message or model as a line of JSON and bytes, and what of a file that is read can be wrong.
#include "store/backup_file.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/text.h"
#include "mail/sha256.h"

namespace maildrop::store {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kSchema = "maildrop.backup/2";
constexpr std::string_view kWithoutModels = "maildrop.backup/1";
constexpr int kBackupLevel = 3;  // zstd's own default
constexpr std::size_t kSumDigits = 16;
constexpr std::int64_t kYear1 = -62'135'596'800'000, kYear10000 = 253'402'300'800'000;  // what RFC 3339 can say
constexpr std::size_t kLongestName = 64 + 1 + 255;                                      // mail/inbox.h

constexpr std::pair<const char*, std::string Summary::*> kTexts[] = {
    {"from", &Summary::from},       {"to", &Summary::to},     {"header_from", &Summary::header_from},
    {"subject", &Summary::subject}, {"helo", &Summary::helo}, {"peer", &Summary::peer},
    {"tls", &Summary::tls},
};

Json json_text(const std::string& text) { return is_valid_utf8(text) ? Json(text) : Json{{"hex", to_hex(text)}}; }

std::string line_of(const Json& object) {
  return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";  // it never replaces: json_text()
}

std::string sum_of(std::string_view line, const Message& message) {
  mail::Sha256 sum;
  sum.add(line);
  sum.add(message.data);
  sum.add(message.transcript);
  return sum.hex().substr(0, kSumDigits);
}

std::string sum_of(std::string_view line, std::string_view model) {
  mail::Sha256 sum;
  sum.add(line);
  sum.add(model);
  return sum.hex().substr(0, kSumDigits);
}

tl::unexpected<Error> damaged(const std::string& how) { return fail(Code::corrupt, how); }

/// The members of an object, of which the first that is missing or not as it should be is remembered.
class Members {
 public:
  explicit Members(const Json& object) : object_(object) {}

  std::string text(const char* name) {
    const Json& value = member(name);
    if (value.is_string()) return value.get_ref<const std::string&>();
    if (value.is_object() && value.contains("hex") && value["hex"].is_string())
      return bytes(name, value["hex"].get_ref<const std::string&>());
    bad_ = name;
    return {};
  }
  std::uint64_t number(const char* name, std::uint64_t most) {
    const Json& value = member(name);
    if (value.is_number_unsigned() && value.get<std::uint64_t>() <= most) return value.get<std::uint64_t>();
    bad_ = name;
    return 0;
  }
  Time time(const char* name) {
    const Json& value = member(name);
    const std::int64_t millis = value.is_number_integer() ? value.get<std::int64_t>() : kYear10000;
    if (millis >= kYear1 && millis < kYear10000) return from_millis(millis);
    bad_ = name;
    return {};
  }
  /// Null or missing: nothing.
  std::optional<float> decimal(const char* name) {
    const Json& value = member(name);
    if (value.is_null() || !has(name)) return std::nullopt;
    const double number = value.is_number() ? value.get<double>() : HUGE_VAL;
    if (std::abs(number) <= FLT_MAX) return static_cast<float>(number);
    bad_ = name;
    return std::nullopt;
  }
  Mark mark(const char* name) {
    const std::optional<Mark> mark = mark_named(text(name));
    if (!mark) bad_ = name;
    return mark.value_or(Mark::none);
  }
  bool has(const char* name) const { return object_.contains(name); }
  bool is_null(const char* name) { return member(name).is_null(); }
  Result<void> check() const {
    if (bad_ == nullptr) return {};
    return damaged("'" + std::string(bad_) + "' is not as it should be");
  }

 private:
  const Json& member(const char* name) const {
    static const Json none = Json::array();
    const auto at = object_.find(name);
    return at == object_.end() ? none : *at;
  }
  std::string bytes(const char* name, std::string_view hex) {
    Result<std::string> bytes = from_hex(hex);
    if (!bytes) bad_ = name;
    return std::move(bytes).value_or(std::string());
  }

  const Json& object_;
  const char* bad_ = nullptr;
};

Result<Json> parse_line(std::string_view line) {
  Json object = Json::parse(line, nullptr, false);
  if (!object.is_object()) return damaged("a line is no JSON object");
  return object;
}

/// All but the bytes.
Result<SavedMessage> described_by(const Json& object) {
  Members members(object);
  SavedMessage saved;
  Summary& summary = saved.message.summary;
  const std::string name = members.text("inbox");
  saved.inbox_received = members.time("inbox_received");
  saved.newer = members.number("newer", INT64_MAX);
  saved.newer_size = members.number("newer_size", INT64_MAX);
  const std::string id = members.text("id");
  summary.received = members.time("received");
  for (const auto& [key, text] : kTexts) summary.*text = members.text(key);
  if (!members.is_null("date")) summary.date = members.time("date");
  // A backup of an older maildrop has none of these.
  if (members.has("mark")) summary.mark = members.mark("mark");
  summary.score = members.decimal("score");
  if (members.has("verdicts")) saved.message.verdicts = members.text("verdicts");
  summary.size = members.number("size", BackupReader::kMostData);
  TRY(members.check());
  if (saved.message.verdicts.size() > kMostVerdicts) return damaged("'verdicts' is not as it should be");
  if (name.empty() || name.size() > kLongestName) return damaged("'inbox' is not as it should be");
  summary.id = TRY(MessageId::parse(id));
  saved.inbox = mail::Inbox::trusted(name);
  return saved;
}

}  // namespace

Result<BackupWriter> BackupWriter::begin(Sink sink, const BackupHead& head, bool models) {
  BackupWriter writer(TRY(ZstdWriter::make(std::move(sink), kBackupLevel)), models);
  const Json line{
      {"schema", models ? kSchema : kWithoutModels}, {"version", head.version}, {"begun", to_millis(head.begun)}};
  TRY(writer.out_.write(line_of(line)));
  return writer;
}

Result<void> BackupWriter::add(const SavedModel& saved) {
  const std::string& bytes = saved.model.bytes;
  const std::string line =
      line_of(Json{{"model", saved.name}, {"model_version", saved.model.version}, {"size", bytes.size()}});
  TRY(out_.write(line));
  TRY(out_.write(bytes));
  TRY(out_.write(sum_of(line, bytes) + "\n"));
  ++models_;
  return {};
}

Result<void> BackupWriter::add(const SavedMessage& saved) {
  const Message& message = saved.message;
  const Summary& summary = message.summary;
  Json object{{"inbox", json_text(saved.inbox.name())},
              {"inbox_received", to_millis(saved.inbox_received)},
              {"newer", saved.newer},
              {"newer_size", saved.newer_size},
              {"id", summary.id.text()},
              {"received", to_millis(summary.received)}};
  for (const auto& [key, text] : kTexts) object[key] = json_text(summary.*text);
  object["date"] = summary.date ? Json(to_millis(*summary.date)) : Json();
  object["mark"] = name_of(summary.mark);
  object["score"] = summary.score ? Json(*summary.score) : Json();
  object["verdicts"] = json_text(message.verdicts);
  object["size"] = message.data.size();
  object["transcript_size"] = message.transcript.size();
  const std::string line = line_of(object);
  TRY(out_.write(line));
  TRY(out_.write(message.data));
  TRY(out_.write(message.transcript));
  TRY(out_.write(sum_of(line, message) + "\n"));
  ++messages_;
  return {};
}

Result<void> BackupWriter::finish() {
  Json last{{"messages", messages_}};
  if (has_models_) last["models"] = models_;
  TRY(out_.write(line_of(last)));
  return out_.finish();
}

Result<BackupReader> BackupReader::open(Fill fill) { return begin(TRY(ZstdReader::make(std::move(fill)))); }

Result<BackupReader> BackupReader::open_plain(Fill fill) { return begin(ZstdReader::of_plain(std::move(fill))); }

Result<BackupReader> BackupReader::begin(ZstdReader in) {
  BackupReader reader(std::move(in));
  const Result<std::optional<std::string>> line = reader.in_.line(kMostLine);
  if (!line && line.error().code != Code::corrupt) return tl::unexpected(line.error());
  const Json head = line && *line ? Json::parse(**line, nullptr, false) : Json();
  const bool ours = head.is_object() && head.contains("schema") && head["schema"].is_string();
  const std::string schema = ours ? head["schema"].get<std::string>() : "";
  if (!schema.starts_with("maildrop.backup/")) return fail(Code::invalid, "it is no backup of maildrop's");
  if (schema != kSchema && schema != kWithoutModels)
    return fail(Code::invalid, "a newer maildrop wrote it: its schema is " + schema);
  Members members(head);
  reader.head_ = {members.text("version"), members.time("begun")};
  TRY(members.check());
  reader.has_models_ = schema == kSchema;
  return reader;
}

/// What is wrong, and where.
Error BackupReader::told(const Error& error) {
  failed_ = true;
  if (error.code == Code::unavailable) return error;
  const std::string behind =
      messages_ == 0 && models_ > 0 ? std::to_string(models_) + " models: " : std::to_string(messages_) + " messages: ";
  return {Code::corrupt, "behind " + behind + error.what};
}

Result<std::optional<SavedModel>> BackupReader::next_model() {
  Result<std::optional<SavedModel>> saved = read_model(true);
  if (!saved) return tl::unexpected(told(saved.error()));
  return saved;
}

/// Without `kept` its bytes are looked at, and no more.
Result<std::optional<SavedModel>> BackupReader::read_model(bool kept) {
  if (!has_models_ || line_ || messages_ > 0) return std::nullopt;
  std::optional<std::string> line = TRY(in_.line(kMostLine));
  if (!line) return damaged("cut off");
  const Json object = TRY(parse_line(*line));
  if (!object.contains("model")) {
    line_ = std::move(line);
    return std::nullopt;
  }
  Members members(object);
  SavedModel saved{members.text("model"), {members.number("model_version", kMostVersion), {}}};
  std::uint64_t left = members.number("size", kMostModel);
  TRY(members.check());
  TRY(check_model(saved.name));
  mail::Sha256 sum;
  sum.add(*line + "\n");
  while (left > 0) {
    const std::string bytes = TRY(in_.bytes(std::min<std::uint64_t>(left, kModelPiece)));
    sum.add(bytes);
    left -= bytes.size();
    if (kept) saved.model.bytes += bytes;
  }
  if (TRY(in_.line(kSumDigits)) != sum.hex().substr(0, kSumDigits)) return damaged("the sum of a model is wrong");
  ++models_;
  return saved;
}

Result<std::optional<SavedMessage>> BackupReader::next() {
  Result<std::optional<SavedMessage>> saved = read();
  if (!saved) return tl::unexpected(told(saved.error()));
  if (*saved) ++messages_;
  return saved;
}

Result<std::optional<SavedMessage>> BackupReader::read() {
  while (TRY(read_model(false))) continue;
  const std::optional<std::string> line = line_ ? std::exchange(line_, std::nullopt) : TRY(in_.line(kMostLine));
  if (!line) return damaged("cut off");
  const Json object = TRY(parse_line(*line));
  if (!object.contains("id")) {
    Members last(object);
    const std::uint64_t messages = last.number("messages", UINT64_MAX);
    const std::uint64_t models = has_models_ ? last.number("models", UINT64_MAX) : 0;
    TRY(last.check());
    if (models != models_) return damaged("there should be " + std::to_string(models) + " models");
    if (messages != messages_) return damaged("there should be " + std::to_string(messages));
    if (TRY(in_.line(kMostLine))) return damaged("something follows its end");
    return std::nullopt;
  }
  SavedMessage saved = TRY(described_by(object));
  Members sizes(object);
  const std::uint64_t transcript_size = sizes.number("transcript_size", kMostData - saved.message.summary.size);
  TRY(sizes.check());
  saved.message.data = TRY(in_.bytes(saved.message.summary.size));
  saved.message.transcript = TRY(in_.bytes(transcript_size));
  const std::optional<std::string> sum = TRY(in_.line(kSumDigits));
  if (sum != sum_of(*line + "\n", saved.message)) return damaged("the sum of a message is wrong");
  return saved;
}

}  // namespace maildrop::store
