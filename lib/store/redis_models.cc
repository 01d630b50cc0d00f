/// redis_models.cc: pieces under a word of their own, and a look at who has which.
#include "store/redis_models.h"

#include <algorithm>
#include <charconv>

#include "core/random.h"
#include "mail/sha256.h"

namespace maildrop::store::redis {

namespace {

constexpr std::string_view kUnfinished = "600";  // seconds that pieces wait to become a model: putting the most that
                                                 // there may be of them takes seconds
constexpr int kLooks = 3;                        // for a model that is another while it is read

std::string sum_of(std::string_view bytes) {
  mail::Sha256 sum;
  sum.add(bytes);
  return sum.hex();
}

/// A line of the index.
struct Entry {
  std::uint64_t version = 0;
  std::string token;
  std::uint64_t pieces = 0;
  std::uint64_t size = 0;
  std::string sum;
};

Result<Entry> parse_entry(std::string_view line) {
  std::string_view words[5];
  for (std::string_view& word : words) {
    word = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(line.size(), word.size() + 1));
  }
  Entry entry{0, std::string(words[1]), 0, 0, std::string(words[4])};
  bool good = line.empty();
  const auto number = [&](std::string_view word, std::uint64_t& into) {
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), into);
    good = good && error == std::errc() && end == word.data() + word.size();
  };
  number(words[0], entry.version);
  number(words[2], entry.pieces);
  number(words[3], entry.size);
  if (!good || entry.size > kMostModel || entry.pieces > kMostModel / kModelPiece)
    return fail(Code::corrupt, "redis: what is said of a model is damaged");
  return entry;
}

std::string piece_name(const std::string& base, std::string_view model, std::string_view token, std::size_t n) {
  return base + std::string(model) + ":" + std::string(token) + ":" + std::to_string(n);
}

}  // namespace

std::string RedisModels::base() const { return client_.settings().prefix + "models:{models}:"; }

Result<Reply> RedisModels::ask(std::initializer_list<std::string_view> words) {
  const Steady::time_point deadline = client_.deadline();
  Client::Lease lease = TRY(client_.borrow(deadline));
  Reply reply = TRY(lease->ask(words, deadline));
  if (!reply.is(Reply::Kind::error)) return reply;
  if (reply.error_word() == "READONLY") client_.distrust();  // it was the master until a moment ago
  return tl::unexpected(error_of(reply, lease->place()));
}

Result<std::vector<ModelInfo>> RedisModels::list() {
  const Reply index = TRY(ask({"HGETALL", base() + "index"}));
  std::vector<ModelInfo> found;
  for (std::size_t i = 0; i + 1 < index.list.size(); i += 2) {
    const Entry entry = TRY(parse_entry(index.list[i + 1].text));
    found.push_back({index.list[i].text, entry.version, entry.size});
  }
  std::sort(found.begin(), found.end(), [](const ModelInfo& a, const ModelInfo& b) { return a.name < b.name; });
  return found;
}

Result<std::optional<Model>> RedisModels::get(std::string_view name) {
  TRY(check_model(name));
  std::string before;
  for (int look = 0; look < kLooks; ++look) {
    const Reply line = TRY(ask({"HGET", base() + "index", name}));
    if (!line.is(Reply::Kind::text)) return std::nullopt;
    if (line.text == before) return fail(Code::corrupt, "redis: model '" + std::string(name) + "' is damaged");
    const Entry entry = TRY(parse_entry(before = line.text));
    Model model{entry.version, {}};
    model.bytes.reserve(entry.size);
    for (std::uint64_t n = 1; n <= entry.pieces; ++n) {
      const Reply piece = TRY(ask({"GET", piece_name(base(), name, entry.token, n)}));
      if (!piece.is(Reply::Kind::text)) break;  // it has gone for another
      model.bytes += piece.text;
    }
    if (model.bytes.size() == entry.size && sum_of(model.bytes) == entry.sum) return model;
  }
  return fail(Code::unavailable, "redis: model '" + std::string(name) + "' is another each time that it is read");
}

Result<std::uint64_t> RedisModels::put(std::string_view name, std::string_view bytes, std::uint64_t version) {
  TRY(check_model(name, bytes.size(), version));
  const std::string token = random_name(10);
  std::size_t pieces = 0;
  for (std::string_view left = bytes; !left.empty(); left.remove_prefix(std::min(left.size(), kModelPiece))) {
    const std::string key = piece_name(base(), name, token, ++pieces);
    TRY(ask({"SET", key, left.substr(0, kModelPiece), "EX", kUnfinished}));
  }
  const std::string many = std::to_string(pieces), size = std::to_string(bytes.size()), sum = sum_of(bytes);
  const std::string now = std::to_string(next_version(0, clock_.now()));
  const std::string wanted = std::to_string(version);
  const Reply given =
      TRY(client_.run(Script::models, {client_.settings().prefix, name, token, many, size, sum, now, wanted}));
  if (given.number <= 0)
    return fail(Code::unavailable, "redis: it has lost a part of model '" + std::string(name) + "'");
  return static_cast<std::uint64_t>(given.number);
}

Result<bool> RedisModels::remove(std::string_view name) {
  TRY(check_model(name));
  return TRY(client_.run(Script::models, {client_.settings().prefix, name})).number == 1;
}

}  // namespace maildrop::store::redis
