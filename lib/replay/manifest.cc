/// manifest.cc: columns by their names, cells by what they must be.
#include "replay/manifest.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "core/parse_time.h"
#include "core/text.h"
#include "mail/address.h"
#include "mail/message.h"
#include "replay/envelope.h"
#include "replay/labels.h"
#include "replay/place.h"

namespace maildrop::replay {
namespace {

constexpr std::size_t kLongestName = 8192;  // bytes: a path, and the number of a message
constexpr std::size_t kLongestHelo = 255;   // bytes: a domain has no more

constexpr std::array<std::string_view, 7> kColumns = {"name", "label", "peer", "helo", "from", "to", "received"};

/// What of a message a cell tells, or what is wrong with it.
struct Told {
  Label label = Label::none;
  std::optional<Envelope> envelope{};
};

std::string shown_cell(std::string_view text) { return "'" + std::string(utf8_prefix(text, 100)) + "'"; }

std::optional<Time> time_of(const std::string& text) {
  if (auto time = parse_rfc3339(text)) return time;
  if (text.ends_with('Z'))
    if (auto time = parse_rfc3339(text.substr(0, text.size() - 1) + ".000Z")) return time;
  return mail::parse_date(text);
}

Result<void> take_label(const std::string& text, Told& told) {
  const auto label = label_named(text);
  if (!label) return fail(Code::invalid, shown_cell(text) + " is neither spam nor ham");
  told.label = *label;
  return {};
}

Result<void> take_peer(const std::string& text, Envelope& envelope) {
  const auto peer = IpAddress::parse(text);
  if (!peer) return fail(Code::invalid, shown_cell(text) + " is no address of a client");
  envelope.peer = *peer;
  return {};
}

Result<void> take_helo(const std::string& text, Envelope& envelope) {
  const bool clean = std::none_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' ' || c == 0x7f; });
  if (!clean || text.size() > kLongestHelo) return fail(Code::invalid, shown_cell(text) + " is no name for a client");
  envelope.helo = text;
  return {};
}

Result<void> take_from(const std::string& text, Envelope& envelope) {
  if (text != "<>") TRY(mail::parse_address(text));
  envelope.from = text == "<>" ? "" : text;
  return {};
}

Result<void> take_to(const std::string& text, Envelope& envelope) {
  envelope.to = addresses_of(text);
  for (const std::string& each : envelope.to)
    if (!mail::parse_address(each)) return fail(Code::invalid, shown_cell(each) + " is no address");
  if (envelope.to.empty()) return fail(Code::invalid, shown_cell(text) + " has no address");
  return {};
}

Result<void> take_received(const std::string& text, Envelope& envelope) {
  envelope.received = time_of(text);
  if (!envelope.received) return fail(Code::invalid, shown_cell(text) + " is no time: 2026-11-27T10:00:00Z is one");
  return {};
}

Result<void> take_cell(std::string_view column, const std::string& text, Told& told) {
  if (column == "name") return {};
  if (column == "label") return take_label(text, told);
  Envelope& envelope = told.envelope ? *told.envelope : told.envelope.emplace();
  if (column == "peer") return take_peer(text, envelope);
  if (column == "helo") return take_helo(text, envelope);
  if (column == "from") return take_from(text, envelope);
  if (column == "to") return take_to(text, envelope);
  return take_received(text, envelope);
}

/// The first row. What is wrong with it goes to `errors`.
std::vector<std::string> columns_of(const CsvRow& row, std::vector<std::string>& errors) {
  const std::string line = "line " + std::to_string(row.line) + ": ";
  std::vector<std::string> columns;
  for (const std::string& cell : row.cells) {
    columns.push_back(to_lower(trim(cell)));
    const std::string& column = columns.back();
    if (std::find(kColumns.begin(), kColumns.end(), column) == kColumns.end()) {
      const std::string_view near = nearest(column, kColumns);
      errors.push_back(line + "there is no column " + shown_cell(cell) +
                       (near.empty() ? std::string() : "; did you mean '" + std::string(near) + "'?"));
    } else if (std::count(columns.begin(), columns.end(), column) > 1) {
      errors.push_back(line + "the column " + shown_cell(cell) + " is there twice");
    }
  }
  if (std::find(columns.begin(), columns.end(), "name") == columns.end())
    errors.push_back(line + "it has to name the columns, of which one is 'name'");
  return columns;
}

}  // namespace

Result<Manifest> Manifest::open(const std::string& path) {
  Place place = TRY(look_at(path, -1));
  if (!place.is_file()) return fail(Code::invalid, "'" + path + "' is no file");
  return read(path, [&place](std::string& piece) -> Result<bool> {
    piece = std::exchange(place.head, {});
    if (!piece.empty()) return true;
    return read_more(place, piece, kPiece);
  });
}

Result<Manifest> Manifest::read(const std::string& path, CsvReader::More more, std::size_t most) {
  CsvReader csv(std::move(more));
  Manifest manifest;
  std::vector<std::string> columns, errors;
  while (errors.size() < kErrorsNamed) {
    Result<std::optional<CsvRow>> row = csv.next();
    if (!row && row.error().code != Code::invalid) return tl::unexpected(row.error());
    if (!row) errors.push_back(row.error().what);
    if (!row || !*row) break;
    if (columns.empty()) {
      columns = columns_of(**row, errors);
      if (!errors.empty()) break;  // no cell could be told from another
    } else {
      manifest.take(std::move(**row), columns, errors);
    }
    if (manifest.rows() > most) return fail(Code::over_limit, path + ": more than " + std::to_string(most) + " rows");
  }
  if (columns.empty() && errors.empty()) errors.push_back("line 1: it has to name the columns, of which one is 'name'");
  if (errors.empty()) return manifest;
  std::string all;
  for (const std::string& each : errors) all += (all.empty() ? "" : "\n") + path + ": " + each;
  return fail(Code::invalid, std::move(all));
}

void Manifest::take(CsvRow row, const std::vector<std::string>& columns, std::vector<std::string>& errors) {
  const std::string line = "line " + std::to_string(row.line) + ": ";
  if (row.cells.size() != columns.size()) {
    errors.push_back(line + "it has " + std::to_string(row.cells.size()) + " cells, and there are " +
                     std::to_string(columns.size()) + " columns");
    return;
  }
  Told told;
  std::string name;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    std::string& cell = row.cells[i];
    const Result<void> taken = cell.empty() ? Result<void>() : take_cell(columns[i], cell, told);
    if (!taken) errors.push_back(line + columns[i] + ": " + taken.error().what);
    if (columns[i] == "name") name = std::move(cell);
  }
  if (name.empty() || name.size() > kLongestName) {
    errors.push_back(line + "name: " + (name.empty() ? "it is empty" : "it is too long"));
    return;
  }
  const auto [at, fresh] = rows_.try_emplace(std::move(name));
  if (!fresh) {
    errors.push_back(line + shown_cell(at->first) + " is named in line " + std::to_string(at->second.line) +
                     " already");
    return;
  }
  at->second.line = row.line;
  at->second.label = told.label;
  if (told.envelope) at->second.envelope = std::make_unique<Envelope>(std::move(*told.envelope));
}

bool Manifest::apply(std::string_view name, Sample& sample) {
  const auto at = rows_.find(name);
  if (at == rows_.end()) return false;
  Row& row = at->second;
  if (!std::exchange(row.used, true)) ++used_;
  if (row.label != Label::none) sample.label = row.label;
  if (!row.envelope) return true;
  Envelope& to = sample.envelope;
  if (row.envelope->from) to.from = row.envelope->from;
  if (!row.envelope->to.empty()) to.to = row.envelope->to;
  if (row.envelope->peer) to.peer = row.envelope->peer;
  if (!row.envelope->helo.empty()) to.helo = row.envelope->helo;
  if (row.envelope->received) to.received = row.envelope->received;
  return true;
}

std::vector<std::string> Manifest::unused_names(std::size_t most) const {
  std::vector<std::pair<std::size_t, const std::string*>> found;
  for (const auto& [name, row] : rows_)
    if (!row.used) found.emplace_back(row.line, &name);
  std::sort(found.begin(), found.end());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < std::min(most, found.size()); ++i) names.push_back(*found[i].second);
  return names;
}

}  // namespace maildrop::replay
