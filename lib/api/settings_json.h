/// settings_json.h: settings as JSON, for `maildrop config show --json` and the operators' listener.
#pragma once

#include "api/json.h"
#include "core/settings.h"

namespace maildrop::api {

/// Where its value comes from: `default`, a place in a file, a variable, `--set`.
std::string origin_of(const LoadedConfig& loaded, const Setting& setting);

/// maildrop.setting/1: its value, null for a secret, and its origin.
Json setting_json(const LoadedConfig& loaded, const Setting& setting);

}  // namespace maildrop::api
