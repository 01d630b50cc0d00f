/// redis_models.h: models in a Redis server, for all processes that share it.
#pragma once

#include "store/models.h"
#include "store/redis_client.h"

namespace maildrop::store::redis {

/// A model is put piece by piece, each a call of its own, and becomes the one of its name by a script
/// (redis_models_script.cc): so the server, and who delivers, never waits for more than a piece. Replicas are not
/// waited for (redis.wait_replicas): a model that a fail-over loses can be put again.
class RedisModels final : public Models {
 public:
  /// Both outlive it.
  RedisModels(Client& client, const Clock& clock) : client_(client), clock_(clock) {}

  Result<std::vector<ModelInfo>> list() override;
  Result<std::optional<Model>> get(std::string_view name) override;
  Result<std::uint64_t> put(std::string_view name, std::string_view bytes, std::uint64_t version) override;
  Result<bool> remove(std::string_view name) override;

 private:
  Result<Reply> ask(std::initializer_list<std::string_view> words);
  std::string base() const;

  Client& client_;
  const Clock& clock_;
};

}  // namespace maildrop::store::redis
