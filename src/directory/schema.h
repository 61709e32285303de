#pragma once
// What a tenant has settled about its people: the attributes it adds, who is the master of which, how long who was deleted is
// kept. The settings section "directory".

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "directory/attributes.h"

namespace kidoban::directory {

// Whose values count for an attribute of somebody who came from elsewhere (a SCIM client, a directory): theirs, or the
// administrators' here. Of people who were made here, administrators are the master of everything.
enum class Master : std::uint8_t { source, console };

struct Schema {
  std::vector<CustomAttribute> custom;
  std::map<std::string, Master, std::less<>> masters;  // by attribute, where the tenant wants another than master_of's
  int retention_days = 30;                  // 0–3650: how long who was deleted can be brought back
  bool self_edit_contacts = true;           // people may change their own private address and phone

  // Where nothing else was settled: the source's, but for private contacts, language and time zone, and what the tenant
  // declared itself.
  Master master_of(std::string_view attribute) const;
  bool self_editable(std::string_view attribute) const;
  friend bool operator==(const Schema&, const Schema&) = default;
};

// Strict: what isn't known is refused. malformed/"json_malformed", "member_unknown", "member_malformed", "attribute_name_malformed",
// "attribute_taken", "attribute_too_many", "attribute_unknown"; the note names the member.
Result<Schema> schema_from_json(std::string_view json);
std::string schema_json(const Schema& schema);

}  // namespace kidoban::directory
