/// models.h: what filters have learnt from mail, kept in a store under a name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.h"
#include "core/result.h"

namespace maildrop::store {

inline constexpr std::size_t kMostModel = 64u << 20;  // bytes of one: the largest table of a filter is a quarter of it
inline constexpr std::size_t kMostModelName = 32;     // characters: [a-z0-9-]
inline constexpr std::uint64_t kMostVersion = std::uint64_t{1} << 52;  // that a model may bring along: Redis counts in
                                                                       // doubles, and the next one is greater
inline constexpr std::size_t kModelPiece = 1u << 20;  // bytes in one row of SQLite or value of Redis: those are read
                                                      // and written whole, and hold up what else goes on there

struct ModelInfo {
  std::string name;
  std::uint64_t version = 0;  // when it was put, in milliseconds since 1970, or later where there were others: another
                              // one has another, also of a store that was lost in between. What comes out of a backup
                              // has that of the store it was put into first, and so is as old as it is. Never 0
  std::uint64_t size = 0;     // bytes
  friend bool operator==(const ModelInfo&, const ModelInfo&) = default;
};

struct Model {
  std::uint64_t version = 0;
  std::string bytes;
};

/// The models of a store. They are no mail: they do not expire, no cap or share of it counts them, and nothing is
/// evicted for them. Any process may put one, whoever delivers, and whatever Role it has opened the store with;
/// deliveries do not wait for that. What the bytes are is the filters' business: they come back as they were, neither
/// packed nor read.
///
/// Thread-safe. Blocking, up to some seconds for the largest. Errors of all calls:
///   invalid      the name is none; what is put is larger than kMostModel
///   unavailable  the disk or server failed, or does not answer
class Models {
 public:
  virtual ~Models() = default;
  /// All there are, by name. Cheap: no model is read.
  virtual Result<std::vector<ModelInfo>> list() = 0;
  /// Nothing: there is none of that name. corrupt: it is not what was put.
  virtual Result<std::optional<Model>> get(std::string_view name) = 0;
  /// In place of what that name had; its version. Who reads meanwhile has the old one or the new one, whole. After an
  /// error what there was is as it was, unless the answer of a server was lost. `version`: what it has elsewhere, and
  /// keeps, unless a model of another name has it here: then the next one that is free; 0: it is new.
  ///   invalid     also: the version is greater than kMostVersion
  ///   over_limit  there is no room for it
  virtual Result<std::uint64_t> put(std::string_view name, std::string_view bytes, std::uint64_t version) = 0;
  Result<std::uint64_t> put(std::string_view name, std::string_view bytes) { return put(name, bytes, 0); }
  /// false: there was none.
  virtual Result<bool> remove(std::string_view name) = 0;

  /// 0: there is none. As cheap as list().
  Result<std::uint64_t> version(std::string_view name);
};

/// Models::version() for who is about to put one: what is damaged is as good as none, and put() makes way for it.
Result<std::uint64_t> version_to_replace(Models& models, std::string_view name);

bool is_model_name(std::string_view name);
/// What Models::put() says of a name, a size and a version, and all others of a name.
Result<void> check_model(std::string_view name, std::size_t size = 0, std::uint64_t version = 0);
/// The version of a model that is put now, where the last one of the store was `last`.
std::uint64_t next_version(std::uint64_t last, Time now);
/// Of a store that keeps none: put() fails with unavailable.
Models& no_models();

}  // namespace maildrop::store
