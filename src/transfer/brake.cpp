// How many deletions a file may bring without somebody saying that so many are meant.

#include <boost/json.hpp>

#include "base/strict_json.h"
#include "transfer/imports.h"

namespace kidoban::transfer {

namespace json = boost::json;

Result<Brake> brake_from_json(std::string_view text) {
  const auto object = strict_object(text);
  if (!object) return fail(Kind::malformed, "json_malformed", "the body isn't a JSON object");
  Brake out;
  for (const auto& member : *object) {
    const std::string name(member.key());
    const bool count = name == "most_deletions";
    if (!count && name != "most_deletions_percent") return fail(Kind::malformed, "member_unknown", name);
    const auto& value = member.value();
    const std::int64_t most = count ? 1'000'000 : 100;
    if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > most) return fail(Kind::malformed, "member_malformed", name);
    (count ? out.most_deletions : out.most_deletions_percent) = value.get_int64();
  }
  return out;
}

std::string brake_json(const Brake& brake) {
  return json::serialize(json::object{{"most_deletions", brake.most_deletions}, {"most_deletions_percent", brake.most_deletions_percent}});
}

bool holds_back(const Brake& brake, std::int64_t deletions, std::optional<std::int64_t> people) {
  if (deletions == 0) return false;
  if (deletions > brake.most_deletions) return true;
  return people && deletions * 100 > brake.most_deletions_percent * *people;
}

}  // namespace kidoban::transfer
