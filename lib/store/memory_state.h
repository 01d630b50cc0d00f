/// memory_state.h: what a memory_store holds, shared by all handles of one URL.
#pragma once

#include <condition_variable>
#include <deque>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/fair_share.h"
#include "store/news.h"
#include "store/packed_body.h"
#include "store/store.h"

namespace maildrop::store::memory {

/// One message's bytes, shared by the inboxes it was delivered to.
struct Body {
  PackedBody packed;
  Source source{};
  Time stored{};
  std::uint64_t charge = 0;            // what it adds to its source, until no inbox has it
  std::vector<std::string> inboxes{};  // that have it
  std::list<Body*>::iterator in_source{};
};

struct Holder {
  std::uint64_t bytes = 0;
  std::list<Body*> bodies;  // oldest first
};

struct Entry {
  Summary summary;
  std::shared_ptr<Body> body;
};

struct Box {
  std::string name;
  std::deque<Entry> entries;  // oldest first
  Time last{};                // when it last received
};

using Boxes = std::list<Box>;  // by `last`, so that the front expires first

struct State {
  std::mutex mutex;
  std::condition_variable news;
  Changes changes;
  Boxes boxes;
  std::unordered_map<std::string_view, Boxes::iterator> by_name;  // views of Box::name
  std::unordered_map<Source, Holder> sources;                     // that have a body
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  bool written = false;  // a writer is open
};

// What the containers and strings of an entry and of an inbox cost beside their text; about right is enough.
inline constexpr std::uint64_t kEntryOverhead = 512;
inline constexpr std::uint64_t kBoxOverhead = 256;

inline std::uint64_t cost(const Summary& s) {
  return kEntryOverhead + s.from.size() + s.to.size() + s.header_from.size() + s.subject.size() + s.helo.size() +
         s.peer.size() + s.tls.size();
}

inline std::uint64_t cost(const Box& box) { return kBoxOverhead + 2 * box.name.size(); }

/// What would come back if this entry went.
inline std::uint64_t held_by(const Entry& entry) {
  return cost(entry.summary) + (entry.body->inboxes.size() == 1 ? entry.body->packed.bytes.size() : 0);
}

}  // namespace maildrop::store::memory
