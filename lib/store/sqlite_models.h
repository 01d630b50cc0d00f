/// sqlite_models.h: models in a file beside a SQLite store, for all processes of a machine.
///
/// Of the store at PATH it is PATH.models, made with the first model, with SQLite's own PATH.models-wal and
/// PATH.models-shm while one is put, and PATH.models.lock. A file of their own, because the store's has one writer,
/// whom deliveries would wait for while 16 MB go through his log, and whose log is bounded; and who trains is another
/// process.
#pragma once

#include <string>

#include "store/backends.h"
#include "store/models.h"

namespace maildrop::store::sqlite {

/// Holds no file open in between, so that whoever looks sees what others have put, and no log stays.
class SqliteModels final : public Models {
 public:
  /// `store`: PATH. The clock outlives it.
  SqliteModels(const std::string& store, const Clock& clock);

  Result<std::vector<ModelInfo>> list() override;
  Result<std::optional<Model>> get(std::string_view name) override;
  Result<std::uint64_t> put(std::string_view name, std::string_view bytes, std::uint64_t version) override;
  Result<bool> remove(std::string_view name) override;

 private:
  const std::string path_;
  const Clock& clock_;
};

}  // namespace maildrop::store::sqlite
