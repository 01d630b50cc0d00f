/// sqlite_put.cc: a batch of deliveries in one transaction, with as few changes to the trees as the outcome allows.
///
/// The batch is grouped by inbox first. Each inbox is looked up and read once; what the caps push out goes, and what
/// the same batch would push out again is never written. A delivery to a known inbox writes its body and its message
/// row, and nothing else; a new inbox adds its row and its entry in the index on `due`.
#include <algorithm>
#include <unordered_map>

#include "store/fair_share.h"
#include "store/packed_body.h"
#include "store/sqlite_file.h"
#include "store/sqlite_writer_state.h"

namespace maildrop::store::sqlite {

namespace {

// Rows removed from an inbox in one delivery. More than that (an old inbox with a large cap, a cap that was lowered)
// are hidden at once, and purge() removes them.
constexpr std::size_t kDropNow = 64;

// Bytes of a body in one row: four such rows fill a page. In rows as long as they come a ninth of each page stays
// empty.
constexpr std::size_t kPart = 2000;

/// What a body of so many bytes takes of the file.
std::uint64_t taken(std::uint64_t bytes) {
  constexpr std::uint64_t kRow = 24;
  const std::uint64_t whole = bytes / kPart, rest = bytes % kPart;
  return whole * (kPageSize / 4) + rest + rest / 16 + kRow;
}

std::int64_t number(Source source) { return static_cast<std::int64_t>(source); }

/// One delivery for one inbox.
struct Item {
  std::size_t delivery;
  const Delivery::Target* target;
  const std::string* summary;  // packed
  std::int64_t inbox = 0;
  std::int64_t seq = 0;  // 0: not to be written
  std::int64_t at = 0;   // when it counts as having come
};

class Batch {
 public:
  Batch(Writer::State& state, const Mail& mail, const Caps& caps)
      : state_(state),
        mail_(mail),
        deliveries_(mail.deliveries),
        cap_(std::max<std::size_t>(caps.messages, 1)),
        cap_bytes_(caps.bytes == 0 ? INT64_MAX : static_cast<std::int64_t>(caps.bytes)),
        age_(caps.age.count()) {}

  Result<Refusals> store() {
    Transaction transaction = TRY(Transaction::begin(state_));
    TRY(admit());
    collect();
    now_ = state_.now();
    expired_ = state_.expiry_now() - age_;
    for (const std::vector<std::size_t>& items : groups_) TRY(place(items));
    TRY(write());
    TRY(transaction.commit());
    return std::move(refusals_);
  }

 private:
  /// Finds out whose each delivery is, and which there is room for. What the caps will take out does not count.
  Result<void> admit() {
    auto free = static_cast<std::uint64_t>(TRY(state_.free()));
    std::unordered_map<Source, std::uint64_t> held;
    sources_.resize(deliveries_.size());
    for (std::size_t i = 0; i < deliveries_.size(); ++i) {
      const Source source = sources_[i] = source_of(deliveries_[i].summary.peer);
      std::uint64_t& his = held.try_emplace(source, state_.room->held(source)).first->second;
      std::uint64_t charge = body_charge(i);
      for (std::size_t n = 0; n < deliveries_[i].targets.size(); ++n)
        charge += message_charge(deliveries_[i].targets[n], mail_.summaries[i][n]);
      if (charge > free || (!deliveries_[i].arrived && !may_add(his, charge, free))) {
        refusals_[i] = charge > free ? "the store is full" : to_string(source) + " holds its share of the store";
        continue;
      }
      his += charge;
      free -= charge;
    }
    return {};
  }

  std::uint64_t body_charge(std::size_t at) const { return taken(mail_.bodies[at]->bytes.size()); }

  /// A row that is larger than a quarter of a page has a page of its own besides; a new inbox has its name thrice.
  static std::uint64_t message_charge(const Delivery::Target& target, const std::string& summary) {
    const std::size_t row = summary.size() + 70;
    return row + (row > kPageSize / 4 ? kPageSize : 0) + 3 * target.inbox.name().size() + 60;
  }

  void collect() {
    std::unordered_map<std::string_view, std::size_t> known;
    known.reserve(deliveries_.size());
    items_.reserve(deliveries_.size());
    groups_.reserve(deliveries_.size());
    for (std::size_t i = 0; i < deliveries_.size(); ++i) {
      if (refusals_.contains(i)) continue;
      for (std::size_t n = 0; n < deliveries_[i].targets.size(); ++n) {
        const Delivery::Target& target = deliveries_[i].targets[n];
        const auto [at, fresh] = known.try_emplace(target.inbox.name(), groups_.size());
        if (fresh) groups_.emplace_back();
        groups_[at->second].push_back(items_.size());
        items_.push_back({i, &target, &mail_.summaries[i][n]});
      }
    }
  }

  std::string_view id_of(std::size_t item) const { return deliveries_[items_[item].delivery].summary.id.text(); }

  /// Makes room in one inbox and gives its items their seq.
  Result<void> place(const std::vector<std::size_t>& items) {
    const std::string& name = items_[items.front()].target->inbox.name();
    InboxRow box = TRY(state_.inbox(name));
    rows_.clear();
    row_ids_.clear();
    if (box.found) {
      TRY(read(box));
    } else {
      box.id = state_.totals.next_inbox++;
      ++state_.totals.inboxes;
      TRY(state_.add_inbox.bind_text(1, name).bind(2, box.id).bind(3, arrival(items.front(), 0)).run());
    }
    std::int64_t last = std::max(box.last, rows_.empty() ? 0 : rows_.back().at);
    queue(items, box.found && last <= expired_ ? rows_.size() : 0);
    TRY(make_room(name, box, std::min(first_, rows_.size())));
    if (std::max(first_, rows_.size()) < queue_.size()) state_.totals.changes.add(name);
    std::int64_t seq = std::max(box.floor, rows_.empty() ? 0 : rows_.back().seq);
    for (std::size_t i = std::max(first_, rows_.size()); i < queue_.size(); ++i) {
      Item& item = items_[queue_[i]];
      item.inbox = box.id;
      item.seq = ++seq;
      item.at = last = arrival(queue_[i], last);
    }
    return {};
  }

  /// Now, or of one out of a backup when it came; never before `last`, when its inbox received before.
  std::int64_t arrival(std::size_t item, std::int64_t last) const {
    const std::optional<Time>& arrived = deliveries_[items_[item].delivery].arrived;
    return arrived ? std::max(last, std::min(to_millis(*arrived), now_)) : now_;
  }

  /// Reads what the inbox shows into rows_ and row_ids_.
  Result<void> read(const InboxRow& box) {
    Cursor cursor(state_.rows);
    cursor->bind(1, box.id).bind(2, box.floor);
    while (TRY(cursor->step())) {
      rows_.push_back(row_of(cursor));
      row_ids_.emplace_back(cursor->bytes(kRowColumns));
    }
    return {};
  }

  /// Plays the deliveries one after the other: queue_ is the rows, from `first` on, and behind them the items that come
  /// in; first_ is the first of it that the inbox still holds at the end.
  void queue(const std::vector<std::size_t>& items, std::size_t first) {
    queue_.assign(rows_.size(), SIZE_MAX);
    first_ = first;
    std::unordered_map<std::string_view, std::size_t> last;  // where an id was last
    const bool many = items.size() > 1;
    std::int64_t bytes = 0;
    for (std::size_t i = first; i < rows_.size(); ++i) bytes += rows_[i].size;
    for (std::size_t i = first; many && i < rows_.size(); ++i) last[row_ids_[i]] = i;
    for (const std::size_t item : items) {
      const std::string_view id = deliveries_[items_[item].delivery].summary.id.text();
      if (many) {
        const auto [at, fresh] = last.try_emplace(id, queue_.size());
        if (!fresh && at->second >= first_) continue;
        at->second = queue_.size();
      } else if (std::find(row_ids_.begin() + static_cast<std::ptrdiff_t>(first_), row_ids_.end(), id) !=
                 row_ids_.end()) {
        continue;
      }
      queue_.push_back(item);
      bytes += size_of(queue_.size() - 1);
      const auto too_much = [&] { return queue_.size() - first_ > cap_ || bytes > cap_bytes_; };
      while (queue_.size() - first_ > 1 && too_much()) bytes -= size_of(first_++);
    }
  }

  /// Of a place in the queue.
  std::int64_t size_of(std::size_t at) const {
    if (at < rows_.size()) return rows_[at].size;
    return data_size(items_[queue_[at]].delivery);
  }

  std::int64_t data_size(std::size_t delivery) const {
    return static_cast<std::int64_t>(mail_.bodies[delivery]->data_size);
  }

  /// Takes the oldest `gone` of rows_ out of the inbox: removed, or hidden if they are many.
  Result<void> make_room(const std::string& name, InboxRow& box, std::size_t gone) {
    if (gone <= kDropNow) return state_.drop(box.id, std::span(rows_).first(gone));
    box.floor = rows_[gone - 1].seq;
    return state_.hide_inbox.bind_text(1, name).bind(2, box.floor).run();
  }

  Result<void> write() {
    std::vector<std::int64_t> kept(deliveries_.size());
    for (const Item& item : items_) kept[item.delivery] += item.seq != 0;
    std::vector<std::int64_t> bodies(deliveries_.size());
    for (const Item& item : items_) {
      if (item.seq == 0) continue;
      std::int64_t& body = bodies[item.delivery];
      if (body == 0) body = TRY(add_body(item.delivery, kept[item.delivery]));
      TRY(add_message(item, body, kept[item.delivery] > 1));
    }
    return {};
  }

  Result<std::int64_t> add_body(std::size_t at, std::int64_t inboxes) {
    const PackedBody& packed = *mail_.bodies[at];
    const std::string_view bytes = packed.bytes;
    std::int64_t body = 0, form = static_cast<std::int64_t>(form_of(packed));
    for (std::size_t from = 0; body == 0 || from < bytes.size(); from += kPart) {
      TRY(state_.add_body.bind(1, form).bind_blob(2, bytes.substr(from, kPart)).run());
      if (body == 0) body = state_.connection.last_insert_rowid();
      form = kContinued;
    }
    if (inboxes == 1) return body;
    const auto charge = static_cast<std::int64_t>(body_charge(at));
    state_.room->shared_body(body, sources_[at], charge);
    TRY(state_.add_shared.bind(1, body).bind(2, inboxes).bind(3, number(sources_[at])).bind(4, charge).run());
    return body;
  }

  Result<void> add_message(const Item& item, std::int64_t body, bool shared) {
    const Delivery& delivery = deliveries_[item.delivery];
    ++state_.totals.messages;
    const std::uint64_t of_body = shared ? 0 : body_charge(item.delivery);
    const auto charge = static_cast<std::int64_t>(message_charge(*item.target, *item.summary) + of_body);
    state_.room->message({item.inbox, item.seq}, sources_[item.delivery], charge);
    return state_.add_message.bind(1, item.inbox)
        .bind(2, item.seq)
        .bind_text(3, delivery.summary.id.text())
        .bind(4, item.at)
        .bind(5, body)
        .bind(6, shared)
        .bind(7, data_size(item.delivery))
        .bind_blob(8, *item.summary)
        .bind(9, number(sources_[item.delivery]))
        .bind(10, charge)
        .run();
  }

  Writer::State& state_;
  const Mail mail_;
  const std::span<const Delivery> deliveries_;
  const std::size_t cap_;
  const std::int64_t cap_bytes_;
  const std::int64_t age_;
  std::int64_t now_ = 0;
  std::int64_t expired_ = 0;  // an inbox that received nothing since then has
  Refusals refusals_;
  std::vector<Source> sources_;  // of the deliveries
  std::vector<Item> items_;
  std::vector<std::vector<std::size_t>> groups_;
  // Of the inbox at hand:
  std::vector<Row> rows_;
  std::vector<std::string> row_ids_;
  std::vector<std::size_t> queue_;
  std::size_t first_ = 0;
};

}  // namespace

Result<Refusals> store_all(Writer::State& state, const Mail& mail, const Caps& caps) {
  return Batch(state, mail, caps).store();
}

}  // namespace maildrop::store::sqlite
