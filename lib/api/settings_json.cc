/// settings_json.cc: what may be shown of a setting.
#include "api/settings_json.h"

namespace maildrop::api {

std::string origin_of(const LoadedConfig& loaded, const Setting& setting) {
  const auto found = loaded.origins.find(setting.key);
  return found == loaded.origins.end() ? "default" : found->second;
}

Json setting_json(const LoadedConfig& loaded, const Setting& setting) {
  Json line;
  line["schema"] = "maildrop.setting/1";
  line["key"] = std::string(setting.key);
  const auto values = setting.get(loaded.config);
  if (setting.secret) {
    line["value"] = nullptr;
  } else if (setting.type == Setting::Type::list) {
    line["value"] = values;
  } else {
    line["value"] = values.empty() ? "" : values.front();
  }
  line["origin"] = origin_of(loaded, setting);
  return line;
}

}  // namespace maildrop::api
